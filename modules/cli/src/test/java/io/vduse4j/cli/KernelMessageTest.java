package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.VduseMessage;
import org.junit.jupiter.api.Test;

final class KernelMessageTest {
    @Test
    void hasTheNamesOfTheKernel() {
        assertThat(KernelMessage.text(new VduseMessage.GetQueueState(0, 3)))
                .isEqualTo("message 0: GET_VQ_STATE of queue 3");
        assertThat(KernelMessage.text(new VduseMessage.SetStatus(-1, 15)))
                .isEqualTo("message 4294967295: SET_STATUS 0xf");
        assertThat(KernelMessage.text(new VduseMessage.UpdateIotlb(2, 0x1000, -1)))
                .isEqualTo("message 2: UPDATE_IOTLB 0x1000 to 0xffffffffffffffff");
        assertThat(KernelMessage.text(new VduseMessage.SetGroupAsid(3, 1, 2)))
                .isEqualTo("message 3: SET_VQ_GROUP_ASID of group 1 to 2");
        assertThat(KernelMessage.text(new VduseMessage.SetQueueReady(4, 1, true)))
                .isEqualTo("message 4: SET_VQ_READY of queue 1 to 1");
        assertThat(KernelMessage.text(new VduseMessage.Suspend(5))).isEqualTo("message 5: SUSPEND");
        assertThat(KernelMessage.text(new VduseMessage.Unknown(7, 9))).isEqualTo("message 7: of unknown type 9");
    }
}
