package io.vduse4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.virtio.EmbeddedBlockDevice;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpaOptions;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.VdpaBus;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random I/O of several threads on a disk of the embedded kernel while it grows, is detached and attached again, and its
 * daemon ends and comes back. Each thread owns a part of the disk and knows what every block of it must hold.
 */
@Timeout(300)
class EmbeddedStormTest {
    private static final String NAME = "storm";
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int THREADS = 4;
    private static final int BLOCK = 4096;
    private static final int LARGEST = 64;
    private static final int BLOCKS = 1024;
    private static final long SIZE = (long) THREADS * BLOCKS * BLOCK;
    private static final long GROWTH = 1 << 20;
    private static final int LIVES = 16;

    @TempDir
    private Path folder;

    private final VirtioVdpa driver = new VirtioVdpa(VirtioVdpaOptions.DEFAULT);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong interrupted = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void everyByteIsWhereItWasWritten() throws Exception {
        long total = 1L << 30;
        long seed = 16;
        once(1 << 20, seed); // what is made once a process
        long descriptors = descriptors();
        long memory = MemoryBudget.process().used();
        long mappings = mappings();
        once(total, seed);
        System.out.printf(
                "%d MiB verified, %d requests were cut off by a detach, seed %d%n",
                bytes.get() >> 20, interrupted.get(), seed);
        assertThat(descriptors()).isEqualTo(descriptors);
        assertThat(mappings()).isEqualTo(mappings);
        assertThat(MemoryBudget.process().used()).isEqualTo(memory);
        assertThat(ourThreads()).isEmpty();
    }

    private void once(long total, long seed) throws Exception {
        bytes.set(0);
        interrupted.set(0);
        over.set(false);
        var file = folder.resolve("storm.img");
        Files.deleteIfExists(file);
        grow(file, SIZE);
        try (var kernel = new EmbeddedKernel(KernelProfile.LINUX_6_12, List.of(driver))) {
            List<CompletableFuture<Void>> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int part = i;
                threads.add(onThread(() -> work(part, new Random(seed + part))));
            }
            var bus = new VdpaBus(kernel);
            for (int life = 0;
                    (bytes.get() < total || life < LIVES) && failures(threads).isEmpty();
                    life++) {
                try (var backend = Backends.open("file:" + file, BackendOptions.NONE);
                        var disk = Disk.named(NAME).queues(2).serve(kernel, backend, Bus.VIRTIO)) {
                    Thread.sleep(50);
                    grow(file, SIZE + life * GROWTH);
                    bus.delete(NAME, SOON);
                    bus.add(NAME, SOON);
                    Thread.sleep(50);
                    assertThat(disk.isBroken()).isFalse();
                }
            }
            over.set(true);
            CompletableFuture.allOf(threads.toArray(CompletableFuture[]::new)).join();
        }
    }

    private static List<CompletableFuture<Void>> failures(List<CompletableFuture<Void>> threads) {
        return threads.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .toList();
    }

    private interface Work {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> onThread(Work work) {
        var end = new CompletableFuture<Void>();
        Thread.ofPlatform().name("storm").start(() -> {
            try {
                work.run();
                end.complete(null);
            } catch (Throwable failure) {
                end.completeExceptionally(failure);
            }
        });
        return end;
    }

    /** What a block may hold: the stamp of the last write, and of one that was cut off on top of it. */
    private void work(int part, Random random) throws Exception {
        var is = new int[BLOCKS];
        var maybe = new int[BLOCKS];
        int stamp = 0;
        while (!over.get()) {
            EmbeddedBlockDevice disk;
            try {
                disk = driver.awaitDisk(NAME, Duration.ofMillis(100));
            } catch (LinuxException notThere) {
                continue;
            }
            int count = 1 + random.nextInt(LARGEST);
            int first = random.nextInt(BLOCKS - count);
            long offset = ((long) part * BLOCKS + first) * BLOCK;
            var data = new byte[count * BLOCK];
            boolean write = random.nextBoolean();
            stamp++;
            try {
                if (write) {
                    for (int i = 0; i < count; i++) {
                        maybe[first + i] = stamp;
                        fill(data, i, part, first + i, stamp);
                    }
                    disk.write(offset, MemorySegment.ofArray(data), SOON);
                    for (int i = 0; i < count; i++) {
                        is[first + i] = stamp;
                    }
                } else {
                    disk.read(offset, MemorySegment.ofArray(data), SOON);
                    for (int i = 0; i < count; i++) {
                        int found = check(data, i, part, first + i, is[first + i], maybe[first + i]);
                        is[first + i] = found;
                        maybe[first + i] = found;
                    }
                }
                bytes.addAndGet(data.length);
            } catch (LinuxException cutOff) {
                assertThat(cutOff).hasMessageContaining("ENODEV");
                interrupted.incrementAndGet();
            }
        }
    }

    /** A block begins with its stamp; all other words follow from it and from the place of the block. */
    private static void fill(byte[] data, int at, int part, int block, int stamp) {
        var words = ByteBuffer.wrap(data, at * BLOCK, BLOCK).slice().asLongBuffer();
        words.put(stamp);
        while (words.hasRemaining()) {
            words.put(stamp == 0 ? 0 : word(part, block, stamp, words.position()));
        }
    }

    private static long word(int part, int block, int stamp, int index) {
        return (((long) part << 48) ^ ((long) block << 32) ^ stamp) * 0x9e37_79b9_7f4a_7c15L + index;
    }

    /** Returns the stamp that was found. */
    private static int check(byte[] data, int at, int part, int block, int is, int maybe) {
        int found = (int) ByteBuffer.wrap(data).getLong(at * BLOCK);
        assertThat(found).as("stamp of block %d of part %d", block, part).isIn(is, maybe);
        var expected = new byte[BLOCK];
        fill(expected, 0, part, block, found);
        assertThat(Arrays.mismatch(expected, 0, BLOCK, data, at * BLOCK, (at + 1) * BLOCK))
                .as("first wrong byte of block %d of part %d", block, part)
                .isEqualTo(-1);
        return found;
    }

    private static void grow(Path file, long size) throws IOException {
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(size);
        }
    }

    private static long descriptors() throws IOException {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    private static long mappings() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:")).count();
        }
    }

    private static List<String> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("vduse") || name.startsWith("embedded") || name.startsWith("storm"))
                .toList();
    }
}
