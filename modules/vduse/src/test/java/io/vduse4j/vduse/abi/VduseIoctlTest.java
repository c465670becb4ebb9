package io.vduse4j.vduse.abi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The numbers as measured with a C compiler (kernel-behaviour 1.1). */
class VduseIoctlTest {
    @Test
    void numbersAreThoseOfTheHeader() {
        assertThat(VduseIoctl.VDUSE_GET_API_VERSION).isEqualTo(0x80088100);
        assertThat(VduseIoctl.VDUSE_SET_API_VERSION).isEqualTo(0x40088101);
        assertThat(VduseIoctl.VDUSE_CREATE_DEV).isEqualTo(0x41508102);
        assertThat(VduseIoctl.VDUSE_DESTROY_DEV).isEqualTo(0x41008103);
        assertThat(VduseIoctl.VDUSE_IOTLB_GET_FD).isEqualTo(0xc0208110);
        assertThat(VduseIoctl.VDUSE_DEV_GET_FEATURES).isEqualTo(0x80088111);
        assertThat(VduseIoctl.VDUSE_DEV_SET_CONFIG).isEqualTo(0x40088112);
        assertThat(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ).isEqualTo(0x8113);
        assertThat(VduseIoctl.VDUSE_VQ_SETUP).isEqualTo(0x40208114);
        assertThat(VduseIoctl.VDUSE_VQ_GET_INFO).isEqualTo(0xc0308115);
        assertThat(VduseIoctl.VDUSE_VQ_SETUP_KICKFD).isEqualTo(0x40088116);
        assertThat(VduseIoctl.VDUSE_VQ_INJECT_IRQ).isEqualTo(0x40048117);
        assertThat(VduseIoctl.VDUSE_IOTLB_REG_UMEM).isEqualTo(0x40308118);
        assertThat(VduseIoctl.VDUSE_IOTLB_DEREG_UMEM).isEqualTo(0x40308119);
        assertThat(VduseIoctl.VDUSE_IOTLB_GET_INFO).isEqualTo(0xc030811a);
    }
}
