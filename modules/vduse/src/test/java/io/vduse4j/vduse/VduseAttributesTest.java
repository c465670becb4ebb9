package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
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
    void saysWhyAValueIsRefused() throws Exception {
        refusedWith(
                Errno.EPERM, attributes -> attributes.setBounceSize(1 << 20), "before the device was first attached");
        refusedWith(Errno.EINVAL, attributes -> attributes.setBounceSize(1), "from 1 MiB to 1 GiB");
        refusedWith(Errno.ERANGE, attributes -> attributes.setMsgTimeout(1L << 32), "0 to 4294967295 seconds");
        refusedWith(Errno.EACCES, attributes -> attributes.setMsgTimeout(1), "only root");
        refusedWith(Errno.EIO, attributes -> attributes.setMsgTimeout(1), "EIO");
    }

    private interface Change {
        void on(VduseAttributes attributes) throws IOException;
    }

    private static void refusedWith(int errno, Change change, String hint) throws Exception {
        var attributes = new VduseAttributes(
                new FakeHost() {
                    @Override
                    public void writeAttribute(String device, String attribute, String value) throws IOException {
                        throw new LinuxException("write", attribute, errno);
                    }
                },
                "disk0");
        assertThatThrownBy(() -> change.on(attributes))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno))
                .hasMessageContaining(hint);
    }

    @Test
    void refusesWhatIsNoName() {
        assertThatThrownBy(() -> new VduseAttributes(host, "../control")).hasMessageContaining("EINVAL");
    }
}
