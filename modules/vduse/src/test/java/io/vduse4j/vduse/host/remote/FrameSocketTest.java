package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole frames over a pair of sockets. */
@Timeout(60)
class FrameSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static FrameSocket framed(UnixSocket socket) {
        return new FrameSocket(socket, Protocol.MAX_ANSWER, PATIENCE);
    }

    @Test
    void framesOfAllLengthsArrive() throws Exception {
        try (var pair = UnixSocket.pair();
                var one = framed(pair.one());
                var other = framed(pair.other())) {
            var random = new Random(1);
            for (int length : new int[] {0, 1, 4096, (64 << 10) - 17, 64 << 10, Protocol.MAX_ANSWER - 16}) {
                var body = new byte[length];
                random.nextBytes(body);
                var sender = Thread.ofPlatform().start(() -> {
                    try {
                        one.send(Frame.of(Op.VDPA, length, -length, body));
                    } catch (LinuxException failure) {
                        throw new AssertionError(failure);
                    }
                });
                var frame = other.receive().orElseThrow();
                sender.join();
                assertThat(frame.op()).isEqualTo(Op.VDPA.number());
                assertThat(frame.id()).isEqualTo(length);
                assertThat(frame.value()).isEqualTo(-length);
                assertThat(frame.body()).isEqualTo(body);
            }
            one.shutdown();
            assertThat(other.receive()).isEmpty();
        }
    }

    /** Each descriptor belongs to its frame, also when many frames wait. */
    @Test
    void descriptorsStayWithTheirFrames() throws Exception {
        try (var pair = UnixSocket.pair();
                var one = framed(pair.one());
                var other = framed(pair.other());
                var event = EventFd.create()) {
            for (int i = 0; i < 20; i++) {
                var descriptors = i % 3 == 0 ? List.of(event.fd()) : List.<Fd>of();
                one.send(Frame.of(Op.IOCTL, i, 0, new byte[i], descriptors));
            }
            for (int i = 0; i < 20; i++) {
                var frame = other.receive().orElseThrow();
                assertThat(frame.descriptors()).hasSize(i % 3 == 0 ? 1 : 0);
                frame.discard();
            }
        }
    }

    @Test
    void whoDoesNotReadIsGivenUp() throws Exception {
        try (var pair = UnixSocket.pair();
                var one = new FrameSocket(pair.one(), Protocol.MAX_ANSWER, Duration.ofMillis(200))) {
            var frame = Frame.of(Op.VDPA, 0, 0, new byte[Protocol.MAX_ANSWER - 16]);
            assertThatThrownBy(() -> one.send(frame))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
            assertThatThrownBy(() -> one.send(frame))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPIPE));
        }
    }

    /** EMFILE of an answer costs that answer's descriptor, not the connection. */
    @Test
    void aDescriptorThatDoesNotFitIsLostAndNothingElse() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit of util-linux changes a limit from outside");
        try (var pair = UnixSocket.pair();
                var one = framed(pair.one());
                var other = framed(pair.other());
                var event = EventFd.create();
                var limit = new DescriptorLimit()) {
            var frame = Frame.of(Op.IOCTL, 7, 0, new byte[] {1, 2, 3}, List.of(event.fd()));
            // Loads every class that is needed while no file can be opened.
            one.send(frame);
            other.receive().orElseThrow().discard();
            one.send(frame);
            one.send(Frame.of(Op.IOCTL, 8, 0));
            limit.shut();
            Frame got;
            Frame next;
            try {
                got = other.receive().orElseThrow();
                next = other.receive().orElseThrow();
            } finally {
                limit.open();
            }
            assertThat(got.lost()).isTrue();
            assertThat(got.id()).isEqualTo(7);
            assertThat(got.body()).containsExactly(1, 2, 3);
            assertThat(got.descriptors()).isEmpty();
            assertThat(next.lost()).isFalse();
            assertThat(next.id()).isEqualTo(8);
        }
    }

    /** Another process that takes this one the right to open more files, and gives it back at the latest when it ends. */
    private static final class DescriptorLimit implements AutoCloseable {
        private final Process process;
        private final BufferedReader done;

        DescriptorLimit() throws IOException {
            var prlimit = "prlimit --pid " + ProcessHandle.current().pid() + " --nofile=";
            process = new ProcessBuilder(
                            "sh",
                            "-c",
                            "old=$(" + prlimit.replace("=", "") + " --noheadings -o SOFT); while read limit; do "
                                    + prlimit + "${limit:-$old}: ; echo done; done; " + prlimit + "$old:")
                    .start();
            done = process.inputReader();
        }

        /** No more files. */
        void shut() throws IOException {
            set("3");
        }

        /** As many files as before. */
        void open() throws IOException {
            set("");
        }

        @Override
        public void close() throws IOException {
            process.outputWriter().close();
        }

        private void set(String limit) throws IOException {
            process.outputWriter().write(limit + "\n");
            process.outputWriter().flush();
            if (!"done".equals(done.readLine())) {
                throw new AssertionError("prlimit has ended");
            }
        }
    }
}
