package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NbdAddressTest {
    @Test
    void tcp() throws Exception {
        var address = NbdAddress.parse("nbd://storage:10/a%20b/c?reconnect=5&timeout=7&connections=4");
        assertThat(address.host()).contains("storage");
        assertThat(address.port()).isEqualTo(10);
        assertThat(address.export()).isEqualTo("a b/c");
        assertThat(address.reconnect()).isEqualTo(Duration.ofSeconds(5));
        assertThat(address.timeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(address.connections()).isEqualTo(4);
        assertThat(NbdAddress.parse("nbd://[::1]").port()).isEqualTo(10809);
        assertThat(NbdAddress.parse("nbd://[::1]").resolve().toString()).contains("0:0:0:0:0:0:0:1");
    }

    @Test
    void unix() throws Exception {
        var address = NbdAddress.parse("nbd+unix:///disk?socket=/run/a+b%20c/s");
        assertThat(address.socket()).contains("/run/a+b c/s");
        assertThat(address.export()).isEqualTo("disk");
        assertThat(address.reconnect()).isEqualTo(Duration.ofSeconds(60));
        assertThat(NbdAddress.parse("nbd+unix:///?socket=s").export()).isEmpty();
        assertThat(address.toString()).isEqualTo("nbd+unix:///disk?socket=/run/a+b c/s");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nbd:disk",
                "nbd:///disk",
                "nbd://host:x/disk",
                "nbd://user:secret@host/disk",
                "nbd://host/disk#part",
                "nbd://host/disk?socket=/s",
                "nbd://host/disk?reconnect=",
                "nbd://host/disk?reconnect=-1",
                "nbd://host/disk?timeout=0",
                "nbd://host/disk?connections=9",
                "nbd://host/disk?connections=1&connections=1",
                "nbd://host/disk?cache=yes",
                "nbd://host/disk?cache",
                "nbd://host/a b",
                "nbd+unix:///disk",
                "nbd+unix:///disk?socket=",
                "nbd+unix:///disk?socket=%00",
                "nbd+unix://host/disk?socket=/s"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> NbdAddress.parse(text))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EINVAL));
    }
}
