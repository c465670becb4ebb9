package io.vduse4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("try") // what happens after an early close is what some tests ask
class UnixSocketTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(30);

    @TempDir
    Path directory;

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static long census() throws Exception {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    private static void assertErrno(int errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno())
                                .as(problem.getMessage())
                                .isEqualTo(errno));
    }

    @Test
    void aClientMeetsTheListener() throws Exception {
        var path = directory.resolve("s");
        try (var listener = UnixSocket.listen(path, 0620, 4)) {
            assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw--w----"));
            assertErrno(Errno.ETIMEDOUT, () -> listener.accept(SHORT));
            assertErrno(Errno.EADDRINUSE, () -> UnixSocket.listen(path, 0600, 4));
            try (var client = UnixSocket.connect(path, LONG);
                    var server = listener.accept(LONG)) {
                client.send(bytes("hello"), List.of(), LONG);
                var buffer = ByteBuffer.allocate(16);
                assertThat(server.receive(buffer, 0, LONG).length()).isEqualTo(5);
                assertThat(buffer.flip()).isEqualTo(bytes("hello"));
                var credentials = server.peerCredentials();
                assertThat(credentials.pid())
                        .isEqualTo((int) ProcessHandle.current().pid());
                assertThat(credentials.uid())
                        .isEqualTo(FileIo.status(path.toString()).uid());
                assertErrno(Errno.ETIMEDOUT, () -> server.receive(ByteBuffer.allocate(1), 0, SHORT));
            }
        }
        assertErrno(Errno.ECONNREFUSED, () -> UnixSocket.connect(path, LONG));
        assertErrno(Errno.ENOENT, () -> UnixSocket.connect(directory.resolve("none"), LONG));
        assertErrno(Errno.ENAMETOOLONG, () -> UnixSocket.connect(Path.of("/" + "x".repeat(108)), LONG));
    }

    @Test
    void aFullBacklogEndsAtTheDeadline() throws Exception {
        var path = directory.resolve("full");
        try (var listener = UnixSocket.listen(path, 0600, 0);
                var first = UnixSocket.connect(path, LONG)) {
            long start = System.nanoTime();
            assertErrno(Errno.ETIMEDOUT, () -> UnixSocket.connect(path, SHORT));
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SHORT.toNanos());
            var waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return UnixSocket.connect(path, LONG);
                } catch (LinuxException problem) {
                    throw new IllegalStateException(problem);
                }
            });
            listener.accept(LONG).close();
            waiting.get(20, TimeUnit.SECONDS).close();
            assertThat(first.fd().isOpen()).isTrue();
        }
    }

    @Test
    void descriptorsAreSharedAndCloseOnExec() throws Exception {
        try (var pair = UnixSocket.pair();
                var memfd = Memfd.create("shared", 123);
                var event = EventFd.create()) {
            pair.one().send(bytes("two"), List.of(memfd, event.fd()), LONG);
            var received = pair.other().receive(ByteBuffer.allocate(16), 8, LONG);
            assertThat(received.length()).isEqualTo(3);
            assertThat(received.descriptors()).hasSize(2);
            try (var one = received.descriptors().get(0);
                    var two = EventFd.adoptForeign(received.descriptors().get(1))) {
                assertThat(FileIo.status(one).isSameFile(FileIo.status(memfd))).isTrue();
                assertThat(one.number()).isNotEqualTo(memfd.number());
                event.signal();
                assertThat(two.drain()).isEqualTo(1);
                assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + one.number())))
                        .as("MSG_CMSG_CLOEXEC")
                        .containsPattern("flags:\\s+0?2[0-7]{6}\\n");
            }
        }
    }

    @Test
    void mostDescriptorsAtOnce() throws Exception {
        try (var pair = UnixSocket.pair();
                var nothing = Fd.open("/dev/null", OpenFlags.O_RDWR)) {
            pair.one().send(bytes("x"), Collections.nCopies(253, nothing), LONG);
            var received = pair.other().receive(ByteBuffer.allocate(1), 253, LONG);
            assertThat(received.descriptors()).hasSize(253);
            received.descriptors().forEach(Fd::close);
            assertThatThrownBy(() -> pair.one().send(bytes("x"), Collections.nCopies(254, nothing), LONG))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pair.one().send(ByteBuffer.allocate(0), List.of(nothing), LONG))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** A peer that sends more descriptors than allowed gets none of them in. */
    @Test
    void tooManyDescriptorsAreRefusedAndClosed() throws Exception {
        try (var pair = UnixSocket.pair();
                var nothing = Fd.open("/dev/null", OpenFlags.O_RDWR)) {
            long before = census();
            for (int room : new int[] {0, 1, 2}) {
                pair.one().send(bytes("x"), List.of(nothing, nothing, nothing, nothing, nothing), LONG);
                assertErrno(Errno.EMSGSIZE, () -> pair.other().receive(ByteBuffer.allocate(1), room, LONG));
                assertThat(census()).isEqualTo(before);
            }
        }
    }

    @Test
    void aClosedDescriptorIsNotSent() throws Exception {
        try (var pair = UnixSocket.pair();
                var open = Fd.open("/dev/null", OpenFlags.O_RDWR)) {
            var closed = Fd.open("/dev/null", OpenFlags.O_RDWR);
            closed.close();
            assertErrno(Errno.EBADF, () -> pair.one().send(bytes("x"), List.of(open, closed), LONG));
            assertErrno(Errno.ETIMEDOUT, () -> pair.other().receive(ByteBuffer.allocate(1), 1, SHORT));
            var entry = Path.of("/proc/self/fd/" + open.number());
            open.close();
            assertThat(entry).as("nothing holds it any more").doesNotExist();
        }
    }

    @Test
    void muchIsSentInPartsAndWaitedFor() throws Exception {
        int size = 3 << 20;
        try (var pair = UnixSocket.pair();
                var arena = Arena.ofConfined()) {
            var out = new byte[size];
            for (int i = 0; i < size; i++) {
                out[i] = (byte) ((i * 31) >> 3);
            }
            for (var source : new MemorySegment[] {
                MemorySegment.ofArray(out), arena.allocate(size).copyFrom(MemorySegment.ofArray(out))
            }) {
                assertErrno(Errno.ETIMEDOUT, () -> pair.one().send(MemorySegment.ofArray(out), List.of(), SHORT));
                drain(pair.other());
                var in = ByteBuffer.allocate(size);
                var reader = CompletableFuture.runAsync(() -> {
                    try {
                        while (in.hasRemaining()) {
                            assertThat(pair.other().receive(in, 0, LONG).isEnd())
                                    .isFalse();
                        }
                    } catch (LinuxException problem) {
                        throw new IllegalStateException(problem);
                    }
                });
                if (source.isNative()) {
                    pair.one().send(source.asByteBuffer(), List.of(), LONG);
                } else {
                    pair.one().send(source, List.of(), LONG);
                }
                reader.get(30, TimeUnit.SECONDS);
                assertThat(in.array()).isEqualTo(out);
            }
        }
    }

    /** Descriptors go with the first byte only, however many parts there are. */
    @Test
    void descriptorsAreSentOnce() throws Exception {
        var out = ByteBuffer.allocate(2 << 20);
        try (var pair = UnixSocket.pair();
                var nothing = Fd.open("/dev/null", OpenFlags.O_RDWR)) {
            var count = CompletableFuture.supplyAsync(() -> {
                int descriptors = 0;
                var in = ByteBuffer.allocate(out.capacity());
                try {
                    while (in.hasRemaining()) {
                        var received = pair.other().receive(in, 8, LONG).descriptors();
                        descriptors += received.size();
                        received.forEach(Fd::close);
                    }
                } catch (LinuxException problem) {
                    throw new IllegalStateException(problem);
                }
                return descriptors;
            });
            pair.one().send(out, List.of(nothing), LONG);
            assertThat(count.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        }
    }

    private static void drain(UnixSocket socket) throws LinuxException {
        var bin = ByteBuffer.allocateDirect(1 << 20);
        try {
            while (true) {
                socket.receive(bin.clear(), 0, Duration.ZERO);
            }
        } catch (LinuxException empty) {
            assertThat(empty.errno()).isEqualTo(Errno.ETIMEDOUT);
        }
    }

    @Test
    void theEndIsSeenAndSendingGivesEpipe() throws Exception {
        try (var pair = UnixSocket.pair()) {
            pair.other().close();
            assertThat(pair.one().receive(ByteBuffer.allocate(1), 1, LONG).isEnd())
                    .isTrue();
            // Without MSG_NOSIGNAL this would be the end of a process that does not ignore SIGPIPE.
            assertErrno(Errno.EPIPE, () -> pair.one().send(bytes("x"), List.of(), LONG));
        }
    }

    @Test
    void shutdownWakesWhoWaits() throws Exception {
        try (var pair = UnixSocket.pair()) {
            var waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return pair.one().receive(ByteBuffer.allocate(1), 0, LONG).isEnd();
                } catch (LinuxException problem) {
                    throw new IllegalStateException(problem);
                }
            });
            Thread.sleep(20);
            pair.one().shutdown();
            assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aSocketOfSomebodyElseIsTakenOverAndNothingElse() throws Exception {
        var listener = UnixSocket.listen(directory.resolve("s"), 0600, 1);
        try (var adopted = UnixSocket.adopt(listener.fd().duplicate());
                var pair = UnixSocket.pair();
                var one = UnixSocket.adopt(pair.one().fd().duplicate())) {
            listener.close();
            assertThat(adopted.isListening()).isTrue();
            assertThat(one.isListening()).isFalse();
            one.send(bytes("x"), List.of(), LONG);
            assertThat(pair.other().receive(ByteBuffer.allocate(1), 0, LONG).length())
                    .isEqualTo(1);
            assertThatThrownBy(() -> adopted.accept(SHORT)).hasMessageContaining("ETIMEDOUT");
        }
        long before = census();
        assertThatThrownBy(() -> UnixSocket.adopt(Memfd.create("none", 1))).hasMessageContaining("ENOTSOCK");
        assertThat(census()).as("closed").isEqualTo(before);
    }
}
