package io.vduse4j.nbd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Bytes on the heap; requests end at once, or when a test lets them. */
public class HeapExport implements NbdExport {
    /** Everything is offered. */
    public static final NbdTraits ALL = new NbdTraits(false, true, true, true, true, true, true, 512, 4096);

    /** The content. */
    public final byte[] bytes;

    /** What was asked for, in order. */
    public final List<String> log = Collections.synchronizedList(new ArrayList<>());

    private final NbdTraits traits;
    private volatile boolean holds;
    private final List<Runnable> held = new ArrayList<>();
    private CountDownLatch arrived = new CountDownLatch(0);
    private volatile int errno;
    private volatile long size;

    /** Offers everything. */
    public HeapExport(int size) {
        this(size, ALL);
    }

    /** Offers what it is told. */
    public HeapExport(int size, NbdTraits traits) {
        this.bytes = new byte[size];
        this.size = size;
        this.traits = traits;
    }

    /** Requests wait from now on, until so many have come and {@link #release} is called. */
    public synchronized void hold(int count) {
        holds = true;
        arrived = new CountDownLatch(count);
    }

    /** Waits until so many have come. */
    public boolean awaitHeld() throws InterruptedException {
        return arrived.await(20, TimeUnit.SECONDS);
    }

    /** Ends one that waits, by the order in which they came. */
    public synchronized void release(int index) {
        held.set(index, () -> {}).run();
    }

    /** Ends all that wait; requests do not wait any more. */
    public synchronized void releaseAll() {
        holds = false;
        held.forEach(Runnable::run);
        held.clear();
    }

    /** Requests fail from now on; 0: they do not. */
    public void failWith(int number) {
        errno = number;
    }

    /** New connections see this size. */
    public void resize(long bytes) {
        size = bytes;
    }

    private synchronized void end(String what, Runnable action, NbdCompletion done) {
        log.add(what);
        Runnable all = () -> {
            if (errno == 0) {
                action.run();
            }
            done.completed(errno);
        };
        if (holds) {
            held.add(all);
            arrived.countDown();
        } else {
            all.run();
        }
    }

    @Override
    public NbdTraits traits() {
        return traits;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public String description() {
        return "bytes on the heap";
    }

    @Override
    public void read(long offset, MemorySegment into, NbdCompletion done) {
        end(
                "read " + offset,
                () -> MemorySegment.copy(MemorySegment.ofArray(bytes), offset, into, 0, into.byteSize()),
                done);
    }

    @Override
    public void write(long offset, MemorySegment from, boolean fua, NbdCompletion done) {
        end(
                "write " + offset + (fua ? " fua" : ""),
                () -> MemorySegment.copy(from, 0, MemorySegment.ofArray(bytes), offset, from.byteSize()),
                done);
    }

    @Override
    public void flush(NbdCompletion done) {
        end("flush", () -> {}, done);
    }

    @Override
    public void trim(long offset, long length, boolean fua, NbdCompletion done) {
        end("trim " + offset + " " + length + (fua ? " fua" : ""), () -> {}, done);
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap, boolean fua, NbdCompletion done) {
        end(
                "zero " + offset + " " + length + (mayUnmap ? " unmap" : "") + (fua ? " fua" : ""),
                () -> java.util.Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0),
                done);
    }

    @Override
    public void cache(long offset, long length, NbdCompletion done) {
        end("cache " + offset + " " + length, () -> {}, done);
    }

    /** The first half is data, the second a hole. */
    @Override
    public void blockStatus(long offset, long length, NbdExtents extents, NbdCompletion done) {
        long half = size / 2;
        boolean more = offset >= half || extents.add(half - offset, false, false);
        if (more) {
            extents.add(size, true, true);
        }
        done.completed(errno);
    }
}
