package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ExitCodeTest {
    @ParameterizedTest
    @CsvSource({
        "EINVAL,2",
        "EISDIR,2",
        "ENAMETOOLONG,2",
        "ENOENT,3",
        "ENOTDIR,3",
        "EEXIST,4",
        "EBUSY,5",
        "EAGAIN,5",
        "ETXTBSY,5",
        "EADDRINUSE,5",
        "ENODEV,6",
        "ENOSYS,6",
        "EPERM,6",
        "EACCES,6",
        "EOPNOTSUPP,6",
        "ENOTTY,6",
        "EROFS,6",
        "ETIMEDOUT,7",
        "EIO,1",
        "ENOSPC,1",
        "EPIPE,1",
        "ECANCELED,1",
        "ENOMEM,1"
    })
    void everyErrnoHasItsExitCode(String errno, int code) throws ReflectiveOperationException {
        int number = Errno.class.getField(errno).getInt(null);
        assertThat(ExitCode.of(new LinuxException("open", "/x", number))).isEqualTo(code);
    }

    @Test
    void whatHasNoErrnoIsAFailure() {
        assertThat(ExitCode.of(new IOException("no errno"))).isEqualTo(1);
        assertThat(ExitCode.of(new IllegalStateException())).isEqualTo(1);
    }
}
