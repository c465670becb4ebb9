package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ErrorLineTest {
    @Test
    void saysWhatWhereWhyAndWhatToDo() {
        var failure = new LinuxException("open", "/dev/vduse/control", Errno.EACCES, "run as root: or ask: somebody");
        assertThat(ErrorLine.of(failure))
                .isEqualTo("open /dev/vduse/control: permission denied (EACCES); run as root: or ask: somebody");
    }

    @Test
    void helpsWhereTheExceptionDoesNot() {
        assertThat(ErrorLine.of(new LinuxException("open", "/x", Errno.ENOENT)))
                .isEqualTo("open /x: no such file or directory (ENOENT); check the path");
        assertThat(ErrorLine.of(new LinuxException("ioctl", "/x", Errno.ENOTTY)))
                .contains("\"vduse check\"");
    }

    @Test
    void addsNothingWhereNothingIsKnown() {
        assertThat(ErrorLine.of(new LinuxException("read", "/x", Errno.EIO)))
                .isEqualTo("read /x: input/output error (EIO)");
    }

    @Test
    void anythingElseIsOurFault() {
        assertThat(ErrorLine.of(new IOException("plain words"))).isEqualTo("plain words");
        assertThat(ErrorLine.of(new IllegalStateException("surprise")))
                .startsWith("internal error: java.lang.IllegalStateException: surprise; ");
        assertThat(ErrorLine.of(new IOException())).startsWith("internal error: java.io.IOException; ");
    }
}
