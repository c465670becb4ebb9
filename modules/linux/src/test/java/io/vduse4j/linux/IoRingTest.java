package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class IoRingTest {
    private static final int BLOCK = 4096;
    private static final long PATIENCE_NANOS = Duration.ofSeconds(20).toNanos();

    @TempDir
    Path directory;

    private final Arena arena = Arena.ofConfined();
    private Fd file;

    @BeforeEach
    void open() throws Exception {
        file = Fd.open(directory.resolve("image").toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT);
        try (var first = IoRing.create(1, file)) {
            assertThat(first.inFlight()).isZero();
        } catch (LinuxException disabled) {
            Assumptions.abort("no io_uring here: " + disabled.getMessage());
        }
    }

    @AfterEach
    void close() {
        file.close();
        arena.close();
    }

    private long iovec(MemorySegment... buffers) {
        var iov = arena.allocate((long) buffers.length * FileIo.IOVEC_SIZE, 8);
        for (int i = 0; i < buffers.length; i++) {
            iov.set(JAVA_LONG, (long) i * FileIo.IOVEC_SIZE + FileIo.IOVEC_BASE, buffers[i].address());
            iov.set(JAVA_LONG, (long) i * FileIo.IOVEC_SIZE + FileIo.IOVEC_LEN, buffers[i].byteSize());
        }
        return iov.address();
    }

    private static int submit(IoRing ring) {
        return ring.submit(data -> fail("the kernel refused " + data));
    }

    /** Waits as a worker does: by epoll. */
    private static Map<Long, Integer> await(IoRing ring, int count) throws LinuxException {
        var ended = new HashMap<Long, Integer>();
        long start = System.nanoTime();
        try (var epoll = Epoll.create(1)) {
            epoll.add(ring.ready().fd(), Epoll.EPOLLIN | Epoll.EPOLLET, 0);
            while (true) {
                ring.reap((data, result) ->
                        assertThat(ended.put(data, result)).as("twice").isNull());
                if (ended.size() >= count) {
                    return ended;
                }
                assertThat(System.nanoTime() - start).as("ended: %s", ended).isLessThan(PATIENCE_NANOS);
                assertThat(epoll.await(PATIENCE_NANOS)).as("events").isPositive();
            }
        }
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        int blocks = 64;
        var out = arena.allocate((long) blocks * BLOCK, BLOCK);
        var bytes = new byte[blocks * BLOCK];
        new Random(1).nextBytes(bytes);
        out.copyFrom(MemorySegment.ofArray(bytes));
        var in = arena.allocate((long) blocks * BLOCK, BLOCK);
        try (var ring = IoRing.create(blocks, file)) {
            for (int i = 0; i < blocks; i++) {
                long at = (long) i * BLOCK;
                int half = BLOCK / 2;
                long iov = iovec(out.asSlice(at, half), out.asSlice(at + half, half));
                int flags = i % 2 == 0 ? FileIo.RWF_DSYNC : 0;
                assertThat(ring.writev(iov, 2, at, flags, i)).isTrue();
            }
            assertThat(ring.writev(iovec(out), 1, 0, 0, 99)).as("no room").isFalse();
            assertThat(submit(ring)).isEqualTo(blocks);
            assertThat(ring.inFlight()).isEqualTo(blocks);
            assertThat(await(ring, blocks).values()).hasSize(blocks).containsOnly(BLOCK);
            for (int i = 0; i < blocks; i++) {
                assertThat(ring.readv(iovec(in.asSlice((long) i * BLOCK, BLOCK)), 1, (long) i * BLOCK, i))
                        .isTrue();
            }
            submit(ring);
            assertThat(await(ring, blocks).values()).hasSize(blocks).containsOnly(BLOCK);
            assertThat(ring.inFlight()).isZero();
        }
        assertThat(in.mismatch(out)).isEqualTo(-1);
        assertThat(Files.readAllBytes(directory.resolve("image"))).isEqualTo(bytes);
    }

    @Test
    void eachEndsWithItsOwnResult() throws Exception {
        FileIo.truncate(file, BLOCK + 10);
        var buffer = arena.allocate(BLOCK, BLOCK);
        try (var ring = IoRing.create(8, file)) {
            ring.readv(iovec(buffer), 1, BLOCK, 10);
            ring.readv(iovec(buffer), 1, 1L << 40, 11);
            ring.readv(iovec(MemorySegment.ofAddress(8).reinterpret(BLOCK)), 1, 0, 12);
            ring.readv(8, 1, 0, 13);
            ring.writev(iovec(buffer), 1, 5L << 32, 0, Long.MIN_VALUE);
            assertThat(submit(ring)).isEqualTo(5);
            assertThat(await(ring, 5))
                    .containsEntry(10L, 10)
                    .containsEntry(11L, 0)
                    .containsEntry(12L, -Errno.EFAULT)
                    .containsEntry(13L, -Errno.EFAULT)
                    .containsEntry(Long.MIN_VALUE, BLOCK);
        }
        assertThat(FileIo.status(file).size()).isEqualTo((5L << 32) + BLOCK);
    }

    @Test
    void aThreadThatSleepsIsWokenByWhatEnds() throws Exception {
        try (var pair = UnixSocket.pair();
                var ring = IoRing.create(4, pair.one().fd())) {
            var buffer = arena.allocate(16);
            ring.readv(iovec(buffer), 1, 0, 5);
            submit(ring);
            assertThat(ring.reap((data, result) -> fail("nothing was sent yet")))
                    .isZero();
            var sender = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(100);
                    pair.other().send(ByteBuffer.wrap(new byte[] {7, 8, 9}), List.of(), Duration.ofSeconds(10));
                } catch (InterruptedException | LinuxException problem) {
                    throw new IllegalStateException(problem);
                }
            });
            assertThat(await(ring, 1)).containsExactly(Map.entry(5L, 3));
            assertThat(buffer.get(JAVA_BYTE, 2)).isEqualTo((byte) 9);
            sender.join();
        }
    }

    @Test
    void aFileStaysOpenAndLockedAsLongAsItsRing() throws Exception {
        String path = directory.resolve("image").toString();
        assertThat(FileLock.tryLock(file, true)).isTrue();
        var ring = IoRing.create(4, file);
        file.close();
        try (var other = Fd.open(path, OpenFlags.O_RDWR)) {
            assertThat(FileLock.tryLock(other, true)).isFalse();
            var buffer = arena.allocate(BLOCK);
            ring.writev(iovec(buffer), 1, 0, 0, 1);
            submit(ring);
            assertThat(await(ring, 1)).containsEntry(1L, BLOCK);
            ring.close();
            ring.close();
            long start = System.nanoTime();
            while (!FileLock.tryLock(other, true)) {
                assertThat(System.nanoTime() - start).isLessThan(PATIENCE_NANOS);
                Thread.sleep(1);
            }
        }
    }

    /** As when the kernel is short of memory: here it is short of the ring. */
    @Test
    void whatTheKernelDoesNotTakeIsSaid() throws Exception {
        var buffer = arena.allocate(BLOCK);
        var refused = new ArrayList<Long>();
        try (var ring = IoRing.create(4, file)) {
            ring.readv(iovec(buffer), 1, 0, 1);
            ring.fd().close();
            ring.readv(iovec(buffer), 1, 0, 2);
            assertThat(ring.submit(refused::add)).isZero();
            assertThat(refused).containsExactly(1L, 2L);
            assertThat(ring.inFlight()).isZero();
            for (long data = 3; data < 7; data++) {
                assertThat(ring.readv(iovec(buffer), 1, 0, data))
                        .as("their room")
                        .isTrue();
            }
        }
    }

    @Test
    void manyRingsLeaveNothingBehind() throws Exception {
        long before = count("fd");
        for (int i = 0; i < 200; i++) {
            try (var ring = IoRing.create(128, file)) {
                ring.readv(iovec(arena.allocate(16)), 1, 0, i);
                submit(ring);
            }
        }
        assertThat(count("fd")).isEqualTo(before);
        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("io_uring");
    }

    private static long count(String what) throws Exception {
        try (var entries = Files.list(Path.of("/proc/self", what))) {
            return entries.count();
        }
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> IoRing.create(0, file)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IoRing.create(IoRing.MAX_ENTRIES + 1, file))
                .isInstanceOf(IllegalArgumentException.class);
        file.close();
        assertThatThrownBy(() -> IoRing.create(4, file))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EBADF));
    }
}
