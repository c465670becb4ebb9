package io.vduse4j.embedded.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.VdpaBusDriver.Binding;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a disk does with the requests of its users. */
@Timeout(60)
class BlockDeviceTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int SECTORS = 16384;

    private final FakeVdpa device = new FakeVdpa(4 << 20, SECTORS);
    private final VirtioVdpa driver =
            new VirtioVdpa(VirtioVdpaOptions.DEFAULT.withCpus(2).withTimeouts(LIMIT));
    private Binding binding;
    private EmbeddedBlockDevice disk;

    @BeforeEach
    void probe() throws LinuxException {
        new Random(1).nextBytes(device.disk.content());
        binding = driver.probe(device);
        disk = driver.awaitDisk("toy0", Duration.ZERO);
        device.disk.requests();
    }

    @AfterEach
    void remove() {
        binding.remove();
        assertThat(device.domain.mappings()).isZero();
        assertThat(device.domain.rings()).isZero();
        device.close();
    }

    private static MemorySegment bytes(int length, int seed) {
        var data = new byte[length];
        new Random(seed).nextBytes(data);
        return MemorySegment.ofArray(data);
    }

    private MemorySegment content(int offset, int length) {
        return MemorySegment.ofArray(device.disk.content()).asSlice(offset, length);
    }

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, wrong -> assertThat(wrong.errno()).isEqualTo(errno));
    }

    private static void join(CompletableFuture<Void> future) throws Exception {
        try {
            future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw (Exception) failed.getCause();
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("too late").isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** The device goes on with what it has kept. */
    private void serveHeld() {
        device.disk.sin = ToyBlk.Sin.NONE;
        device.serveHeld(device.disk.held());
        await(() -> device.disk.held() == 0);
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        MemorySegment data = bytes(8192, 2);
        disk.write(4096, data, LIMIT);
        assertThat(content(4096, 8192).mismatch(data)).isEqualTo(-1);
        MemorySegment back = MemorySegment.ofArray(new byte[8192]);
        disk.read(4096, back, LIMIT);
        assertThat(back.mismatch(data)).isEqualTo(-1);
        assertThat(device.disk.requests()).containsExactly("write 8 8192", "read 8 8192");
        assertThat(device.domain.mappings()).isZero();
    }

    @Test
    @Spec("7.3")
    void headerDataStatusAndTableAreMappingsOfTheirOwn() throws Exception {
        device.disk.sin = ToyBlk.Sin.NEVER_DONE;
        CompletableFuture<Void> read = disk.submitRead(0, MemorySegment.ofArray(new byte[200 << 10]));
        assertThat(device.domain.mappings()).as("three and a bit of 64 KiB").isEqualTo(3 + 4);
        await(() -> device.disk.held() == 1);
        serveHeld();
        join(read);
    }

    @Test
    void aStatusByteBecomesAnErrno() {
        device.disk.sin = ToyBlk.Sin.IO_ERROR;
        fails(Errno.EIO, () -> disk.write(0, bytes(512, 1), LIMIT));
        device.disk.sin = ToyBlk.Sin.UNSUPPORTED;
        fails(Errno.EOPNOTSUPP, () -> disk.flush(LIMIT));
        device.disk.sin = ToyBlk.Sin.STRANGE_STATUS;
        fails(Errno.EIO, () -> disk.write(0, bytes(512, 1), LIMIT));
    }

    @Test
    void aRequestThatWasDroppedDoesNotGetTheStatusOfAnEarlierOne() throws Exception {
        disk.write(0, bytes(512, 1), LIMIT);
        device.disk.sin = ToyBlk.Sin.DROPS_CHAINS;
        fails(Errno.EIO, () -> disk.write(0, bytes(512, 2), LIMIT));
    }

    @Test
    void aReadThatFailsLeavesTheMemoryAlone() {
        device.disk.sin = ToyBlk.Sin.IO_ERROR;
        MemorySegment into = bytes(4096, 5);
        fails(Errno.EIO, () -> disk.read(0, into, LIMIT));
        assertThat(into.mismatch(bytes(4096, 5))).isEqualTo(-1);
    }

    @Test
    void whatTheDeviceCannotBeAskedIsRefused() {
        long size = disk.size();
        fails(Errno.EINVAL, () -> disk.read(1, bytes(512, 1), LIMIT));
        fails(Errno.EINVAL, () -> disk.read(0, bytes(513, 1), LIMIT));
        fails(Errno.EINVAL, () -> disk.read(-512, bytes(512, 1), LIMIT));
        fails(Errno.EINVAL, () -> disk.discard(0, -512, LIMIT));
        fails(Errno.EINVAL, () -> disk.writeZeroes(256, 512, true, LIMIT));
        fails(Errno.EIO, () -> disk.read(size, bytes(512, 1), LIMIT));
        fails(Errno.EIO, () -> disk.read(size - 512, bytes(1024, 1), LIMIT));
        fails(Errno.EIO, () -> disk.discard(0, Long.MAX_VALUE - 511, LIMIT));
        fails(Errno.ENOSPC, () -> disk.write(size, bytes(512, 1), LIMIT));
        fails(Errno.ENOSPC, () -> disk.write(Long.MAX_VALUE - 511, bytes(512, 1), LIMIT));
        fails(Errno.EFAULT, () -> disk.read(0, bytes(512, 1).asReadOnly(), LIMIT));
        try (var confined = Arena.ofConfined()) {
            fails(Errno.EFAULT, () -> disk.read(0, confined.allocate(512), LIMIT));
        }
        assertThat(device.disk.requests()).isEmpty();
    }

    @Test
    void nothingIsDoneAtOnce() throws Exception {
        disk.read(0, MemorySegment.NULL, LIMIT);
        disk.write(disk.size(), MemorySegment.NULL, LIMIT);
        disk.discard(0, 0, LIMIT);
        assertThat(device.disk.requests()).isEmpty();
    }

    @Test
    void memoryOfAnyKindIsTaken() throws Exception {
        MemorySegment expected = content(512, 1024);
        try (var shared = Arena.ofShared()) {
            MemorySegment nativeMemory = shared.allocate(1024);
            disk.read(512, nativeMemory, LIMIT);
            assertThat(nativeMemory.mismatch(expected)).isEqualTo(-1);
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(1024);
        disk.read(512, MemorySegment.ofBuffer(direct), LIMIT);
        assertThat(MemorySegment.ofBuffer(direct).mismatch(expected)).isEqualTo(-1);
    }

    @Test
    void memoryThatIsFreedWhileTheDeviceHasItIsNotTouched() {
        device.disk.sin = ToyBlk.Sin.NEVER_DONE;
        CompletableFuture<Void> read;
        MemorySegment freed;
        try (var shared = Arena.ofShared()) {
            freed = shared.allocate(4096);
            read = disk.submitRead(0, freed);
            await(() -> device.disk.held() == 1);
        }
        serveHeld();
        fails(Errno.EFAULT, () -> join(read));
        assertThat(device.domain.mappings()).isZero();
        fails(Errno.EFAULT, () -> disk.write(0, freed, LIMIT));
        assertThat(device.domain.mappings()).isZero();
    }

    @Test
    void longRequestsAreCut() throws Exception {
        int length = 3 << 20;
        MemorySegment data = bytes(length, 7);
        disk.write(1024, data, LIMIT);
        assertThat(content(1024, length).mismatch(data)).isEqualTo(-1);
        assertThat(device.disk.requests())
                .as("a quarter of the bounce buffer each")
                .hasSize(3);
        MemorySegment back = MemorySegment.ofArray(new byte[length]);
        disk.read(1024, back, LIMIT);
        assertThat(back.mismatch(data)).isEqualTo(-1);
        disk.discard(0, 200 * 512, LIMIT);
        disk.writeZeroes(512, 65 * 512, true, LIMIT);
        disk.writeZeroes(512, 512, false, LIMIT);
        assertThat(device.disk.requests())
                .hasSize(3 + 4 + 3)
                .containsSequence("discard 0 64 0", "discard 64 64 0", "discard 128 64 0", "discard 192 8 0")
                .endsWith("zero 1 64 1", "zero 65 1 1", "zero 1 1 0");
    }

    @Test
    void aFlushIsSent() throws Exception {
        disk.flush(LIMIT);
        assertThat(device.disk.requests()).containsExactly("flush 0");
    }

    @Test
    void manyRequestsShareFewPlaces() throws Exception {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        List<MemorySegment> results = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            results.add(MemorySegment.ofArray(new byte[64 << 10]));
            all.add(disk.submitRead((long) (i % 100) << 16, results.getLast()));
        }
        for (int i = 0; i < all.size(); i++) {
            all.get(i).get(20, TimeUnit.SECONDS);
            assertThat(results.get(i).mismatch(content(i % 100 << 16, 64 << 10)))
                    .isEqualTo(-1);
        }
        assertThat(device.domain.mappings()).isZero();
        assertThat(device.domain.mostMappings())
                .as("the bounce buffer was full")
                .isGreaterThan(200);
    }

    @Test
    void manyThreadsReadWhatTheyWrite() throws Exception {
        int threads = 24;
        List<Future<Void>> all = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int t = 0; t < threads; t++) {
                int own = t;
                all.add(executor.submit(() -> {
                    writeAndRead(own, (long) own * (256 << 10));
                    return null;
                }));
            }
            for (Future<Void> one : all) {
                one.get(50, TimeUnit.SECONDS);
            }
        }
        assertThat(device.served(0).served()).isPositive();
        assertThat(device.served(1).served()).isPositive();
    }

    private void writeAndRead(int seed, long window) throws LinuxException {
        var random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            int length = 512 * (1 + random.nextInt(400));
            long offset = window + 512L * random.nextInt((256 << 10) / 512 - length / 512);
            MemorySegment data = bytes(length, random.nextInt());
            disk.write(offset, data, LIMIT);
            MemorySegment back = MemorySegment.ofArray(new byte[length]);
            disk.read(offset, back, LIMIT);
            assertThat(back.mismatch(data)).isEqualTo(-1);
        }
    }

    @Test
    void withoutRoomASubmitterWaitsALimitedTime() {
        device.disk.sin = ToyBlk.Sin.NEVER_DONE;
        for (int i = 0; i < 64; i++) {
            assertThat(disk.submitFlush()).isNotDone();
        }
        await(() -> device.disk.held() == 64);
        Duration brief = Duration.ofMillis(300);
        long start = System.nanoTime();
        fails(Errno.ETIMEDOUT, () -> disk.flush(brief));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(brief, Duration.ofSeconds(10));
        serveHeld();
        await(() -> device.domain.mappings() == 0);
    }

    @Test
    void aReadThatHasTimedOutDoesNotTouchTheMemory() throws Exception {
        device.disk.sin = ToyBlk.Sin.NEVER_DONE;
        MemorySegment into = MemorySegment.ofArray(new byte[4096]);
        fails(Errno.ETIMEDOUT, () -> disk.read(0, into, Duration.ofMillis(200)));
        serveHeld();
        disk.flush(LIMIT);
        await(() -> device.domain.mappings() == 0);
        assertThat(into.mismatch(MemorySegment.ofArray(new byte[4096]))).isEqualTo(-1);
    }

    @Test
    void aCompletionMaySubmitButDoesNotWait() throws Exception {
        CompletableFuture<Void> chained = disk.submitFlush().thenCompose(_ -> disk.submitFlush());
        chained.get(20, TimeUnit.SECONDS);
        device.disk.sin = ToyBlk.Sin.NEVER_DONE;
        CompletableFuture<Void> first = disk.submitFlush();
        await(() -> device.disk.held() == 1);
        List<CompletableFuture<Void>> next = new ArrayList<>();
        CompletableFuture<Void> allTried = first.thenRun(() -> {
            for (int i = 0; i < 65; i++) {
                next.add(disk.submitFlush());
            }
        });
        device.serveHeld(1);
        allTried.get(20, TimeUnit.SECONDS);
        fails(Errno.EAGAIN, () -> join(next.getLast()));
        assertThat(next.getFirst()).isNotDone();
        await(() -> device.disk.held() == 64);
        serveHeld();
    }
}
