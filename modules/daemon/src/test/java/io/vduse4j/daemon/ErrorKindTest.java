package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import org.junit.jupiter.api.Test;

final class ErrorKindTest {
    @Test
    void everyErrnoHasAKind() {
        assertThat(ErrorKind.of(Errno.EINVAL)).isEqualTo(ErrorKind.USAGE);
        assertThat(ErrorKind.of(Errno.ENOENT)).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(ErrorKind.of(Errno.EEXIST)).isEqualTo(ErrorKind.EXISTS);
        assertThat(ErrorKind.of(Errno.EBUSY)).isEqualTo(ErrorKind.BUSY);
        assertThat(ErrorKind.of(Errno.EACCES)).isEqualTo(ErrorKind.NOT_POSSIBLE);
        assertThat(ErrorKind.of(Errno.ETIMEDOUT)).isEqualTo(ErrorKind.TIMEOUT);
        assertThat(ErrorKind.of(Errno.EIO)).isEqualTo(ErrorKind.FAILED);
        assertThat(ErrorKind.NOT_FOUND.text()).isEqualTo("not_found");
    }
}
