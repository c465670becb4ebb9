package io.vduse4j.guest;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.testkit.crash.BlockTag;
import io.vduse4j.testkit.crash.Violation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/**
 * The blocks that say of themselves which request has written them, read and written around the page cache. Several
 * threads write, each its own blocks, so that the requests of a block follow one another; a flush of one concerns all.
 */
final class PowerWindow implements AutoCloseable {
    static final int BLOCK = 4096;
    static final int BLOCKS = 2048;
    static final long BYTES = (long) BLOCK * BLOCKS;

    /** Learns of each flush that was acknowledged. Any thread. */
    interface Flushes {
        /**
         * Tells of one.
         *
         * @param requests by block, what was completed before it was submitted
         * @param writes how many were
         * @param depth the most that were under way at once
         */
        void flushed(long[] requests, long writes, int depth) throws IOException;
    }

    private static final int WRITERS = 8;
    private static final int OWN = BLOCKS / WRITERS;
    private static final int MOST = 16;
    private static final int WRITES_A_FLUSH = 12;

    /** More requests than a life has. */
    private static final long MOST_REQUESTS = 1 << 14;

    private final long run;
    private final int life;
    private final Fd fd;
    private final AtomicLongArray completed = new AtomicLongArray(BLOCKS);
    private final AtomicLong requests;
    private final AtomicLong writes = new AtomicLong();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger depth = new AtomicInteger();

    /**
     * Opens the device.
     *
     * @param run a number that all lives of a disk have in common
     * @param life number of this one: its requests are newer than those before
     */
    PowerWindow(String device, long run, int life) throws IOException {
        this.run = run;
        this.life = life;
        requests = new AtomicLong((life + 1L) << Integer.SIZE);
        fd = Fd.open(device, OpenFlags.O_RDWR | OpenFlags.O_DIRECT);
    }

    /**
     * Reads all blocks.
     *
     * @param promised by block, the oldest request that it may hold; 0 for any
     * @return what must not be
     */
    List<Violation> check(long[] promised) {
        var found = new ArrayList<Violation>();
        var bytes = new byte[MOST * BLOCK];
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(bytes.length, BLOCK);
            for (int first = 0; first < BLOCKS; first += MOST) {
                succeed(bytes.length, FileIo.pread(fd, memory.address(), bytes.length, (long) first * BLOCK), "read");
                MemorySegment.ofArray(bytes).copyFrom(memory);
                for (int i = 0; i < MOST; i++) {
                    check(first + i, bytes, i * BLOCK, promised[first + i], found);
                }
            }
        }
        return found;
    }

    private void check(int block, byte[] bytes, int at, long promised, List<Violation> found) {
        var tag = BlockTag.read(bytes, at, BLOCK);
        completed.set(block, tag.sequence());
        if (tag.kind() == BlockTag.Kind.BROKEN && isMixture(block, bytes, at, promised)) {
            found.add(new Violation(
                    Violation.Kind.MIXED,
                    block,
                    "several requests of the last life, none older than what was promised"));
        } else if (tag.kind() == BlockTag.Kind.BROKEN) {
            found.add(new Violation(Violation.Kind.TORN, block, "neither zeroes nor what one request wrote"));
        } else if (tag.kind() == BlockTag.Kind.WHOLE && (tag.run() != run || tag.block() != block)) {
            found.add(new Violation(Violation.Kind.FOREIGN, block, tag.toString()));
        } else if (tag.sequence() > requests.get()) {
            found.add(new Violation(Violation.Kind.EARLY, block, tag.toString()));
        } else if (tag.sequence() < promised) {
            found.add(new Violation(
                    Violation.Kind.LOST, block, "request %x instead of %x".formatted(tag.sequence(), promised)));
        }
    }

    /** Of what was promised and of what the last life has written since. */
    private boolean isMixture(int block, byte[] bytes, int at, long promised) {
        long before = (long) life << Integer.SIZE;
        var since = LongStream.range(before + 1, before + MOST_REQUESTS).filter(request -> request > promised);
        return BlockTag.isMixture(bytes, at, BLOCK, run, block, LongStream.concat(LongStream.of(promised), since));
    }

    /** Writes blocks anew, and flushes. */
    void mend(List<Violation> mixed) {
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(BLOCK, BLOCK);
            var bytes = new byte[BLOCK];
            for (var one : mixed) {
                long request = requests.incrementAndGet();
                BlockTag.write(bytes, 0, BLOCK, run, one.block(), request);
                memory.copyFrom(MemorySegment.ofArray(bytes));
                succeed(BLOCK, FileIo.pwrite(fd, memory.address(), BLOCK, one.block() * BLOCK), "write");
                completed.set((int) one.block(), request);
            }
        }
        succeed(0, FileIo.fdatasync(fd), "flush");
    }

    /** By block, the request that was read or completed last. */
    long[] completed() {
        var copy = new long[BLOCKS];
        for (int block = 0; block < BLOCKS; block++) {
            copy[block] = completed.get(block);
        }
        return copy;
    }

    /**
     * Writes and flushes.
     *
     * @param end whether that is enough
     */
    void write(Flushes flushes, long seed, BooleanSupplier end) throws InterruptedException {
        var threads = new ArrayList<Thread>();
        var split = new SplittableRandom(seed);
        for (int writer = 0; writer < WRITERS; writer++) {
            int first = writer * OWN;
            var random = split.split();
            threads.add(Thread.ofPlatform().start(() -> write(flushes, first, random, end)));
        }
        for (var thread : threads) {
            thread.join();
        }
    }

    private void write(Flushes flushes, int own, SplittableRandom random, BooleanSupplier end) {
        var bytes = new byte[MOST * BLOCK];
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(bytes.length, BLOCK);
            while (!end.getAsBoolean()) {
                int count = 1 + random.nextInt(MOST);
                int block = own + random.nextInt(OWN - count + 1);
                long length = (long) count * BLOCK;
                long request = requests.incrementAndGet();
                for (int i = 0; i < count; i++) {
                    BlockTag.write(bytes, i * BLOCK, BLOCK, run, block + i, request);
                }
                memory.copyFrom(MemorySegment.ofArray(bytes));
                depth.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                succeed(length, FileIo.pwrite(fd, memory.address(), length, (long) block * BLOCK), "write");
                underWay.decrementAndGet();
                writes.incrementAndGet();
                for (int i = 0; i < count; i++) {
                    completed.set(block + i, request);
                }
                if (random.nextInt(WRITES_A_FLUSH) == 0) {
                    flush(flushes);
                }
            }
        }
    }

    private void flush(Flushes flushes) {
        var before = completed();
        long written = writes.get();
        succeed(0, FileIo.fdatasync(fd), "flush");
        try {
            flushes.flushed(before, written, depth.get());
        } catch (IOException problem) {
            throw new AssertionError("a flush cannot be told of", problem);
        }
    }

    private static void succeed(long expected, long result, String what) {
        if (result != expected) {
            throw new AssertionError(what + " returned " + result + " instead of " + expected);
        }
    }

    @Override
    public void close() throws IOException {
        fd.close();
    }
}
