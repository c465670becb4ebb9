package io.vduse4j.testkit.vhostuser;

import io.vduse4j.block.SimpleBackend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** Storage that knows what would be left of it if the power went now: what was flushed. */
final class LosingStorage implements SimpleBackend {

    private static final int SECTOR = 512;
    private static final int SLOWEST_NANOS = 300_000;

    private final byte[] current;
    private final byte[] stable;
    private final BitSet dirty = new BitSet();
    private int flushes;

    LosingStorage(int bytes) {
        current = new byte[bytes];
        stable = new byte[bytes];
    }

    /** The first eight bytes of a sector as they would be after a loss of power. */
    synchronized long stable(int sector) {
        return MemorySegment.ofArray(stable).get(ValueLayout.JAVA_LONG_UNALIGNED, (long) sector * SECTOR);
    }

    /** Sectors that would be lost. */
    synchronized int dirty() {
        return dirty.cardinality();
    }

    synchronized int flushes() {
        return flushes;
    }

    @Override
    public long size() {
        return current.length;
    }

    @Override
    public synchronized void read(long offset, MemorySegment into) {
        MemorySegment.copy(current, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
    }

    @Override
    public void write(long offset, MemorySegment from) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(SLOWEST_NANOS));
        synchronized (this) {
            int length = (int) from.byteSize();
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, current, (int) offset, length);
            dirty.set((int) (offset / SECTOR), (int) ((offset + length) / SECTOR));
        }
        LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(SLOWEST_NANOS));
    }

    @Override
    public synchronized void flush() {
        for (int at = dirty.nextSetBit(0); at >= 0; at = dirty.nextSetBit(at + 1)) {
            System.arraycopy(current, at * SECTOR, stable, at * SECTOR, SECTOR);
        }
        dirty.clear();
        flushes++;
    }
}
