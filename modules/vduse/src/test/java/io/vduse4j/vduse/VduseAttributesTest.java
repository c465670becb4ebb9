package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.LinuxException;
import org.junit.jupiter.api.Test;

class VduseAttributesTest {
    private final FakeHost host = new FakeHost();

    @Test
    void readsAndWritesNumbers() throws Exception {
        var attributes = new VduseAttributes(host, "disk0");
        host.attributes.put("disk0/msg_timeout", "30");
        host.attributes.put("disk0/bounce_size", "67108864");
        assertThat(attributes.msgTimeout()).isEqualTo(30);
        assertThat(attributes.bounceSize()).isEqualTo(64 << 20);
        attributes.setMsgTimeout(4294967295L);
        attributes.setBounceSize(1 << 30);
        assertThat(host.attributes)
                .containsEntry("disk0/msg_timeout", "4294967295")
                .containsEntry("disk0/bounce_size", "1073741824");
    }

    @Test
    void saysWhatIsNoNumber() throws Exception {
        host.attributes.put("disk0/msg_timeout", "soon");
        var attributes = new VduseAttributes(host, "disk0");
        assertThatThrownBy(attributes::msgTimeout)
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("disk0/msg_timeout")
                .hasMessageContaining("\"soon\"");
        assertThatThrownBy(attributes::bounceSize).hasMessageContaining("ENOENT");
    }

    @Test
    void refusesWhatIsNoName() {
        assertThatThrownBy(() -> new VduseAttributes(host, "../control")).hasMessageContaining("EINVAL");
    }
}
