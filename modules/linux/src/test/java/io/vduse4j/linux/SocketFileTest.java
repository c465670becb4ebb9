package io.vduse4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Listening sockets of our own, and of others. */
@Timeout(60)
class SocketFileTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    @Test
    void ownOneGoesWithItsName() throws Exception {
        var path = folder.resolve("s");
        SocketFile.listen(path).close();
        assertThat(path).doesNotExist();
    }

    /** Who has passed it may pass it to the next: it listens on, and who waits there is not lost. */
    @Test
    void onePassedByAnotherStays() throws Exception {
        var path = folder.resolve("s");
        try (var owner = SocketFile.listen(path)) {
            int number = owner.socket().fd().number();
            for (int i = 0; i < 2; i++) {
                try (var passed = SocketFile.passed(number, "passed");
                        var client = UnixSocket.connect(path, PATIENCE);
                        var accepted = passed.socket().accept(PATIENCE)) {
                    assertThat(passed.path()).isEqualTo(path);
                    assertThat(client.peerCredentials()).isEqualTo(accepted.peerCredentials());
                }
                assertThat(path).exists();
            }
            try (var waiting = UnixSocket.connect(path, PATIENCE);
                    var passed = SocketFile.passed(number, "passed")) {
                passed.socket().accept(PATIENCE).close();
                assertThat(waiting.fd().isOpen()).isTrue();
            }
        }
    }

    @Test
    void whatDoesNotListenIsRefused() throws Exception {
        try (var pair = UnixSocket.pair();
                var file = Memfd.create("file", 4096)) {
            assertRefused(pair.one().fd().number(), Errno.EINVAL);
            assertRefused(file.number(), Errno.ENOTSOCK);
            assertRefused(1_000_000, Errno.EBADF);
            assertThat(pair.one().peerCredentials().pid())
                    .as("the number stays the caller's")
                    .isPositive();
        }
    }

    private static void assertRefused(int number, int errno) {
        assertThatThrownBy(() -> SocketFile.passed(number, "passed"))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
