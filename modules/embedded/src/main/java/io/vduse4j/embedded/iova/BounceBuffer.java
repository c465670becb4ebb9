package io.vduse4j.embedded.iova;

import io.vduse4j.linux.NativeMemory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.StampedLock;

/**
 * The slots behind which the driver's memory hides, and what of it they stand for. Copies run side by side; a change of
 * the memory in which the slots lie waits for them, so that no copy straddles it (kernel-behaviour 12).
 */
final class BounceBuffer {
    private static final Logger LOG = System.getLogger(BounceBuffer.class.getName());
    private static final MemorySegment SPACE = NativeMemory.ALL;

    private final StampedLock lock = new StampedLock();

    /** The driver's memory, by the first slot that stands for it. */
    private final MemorySegment[] originals;

    private final long own;

    // Written under the write lock.
    private long base;
    private boolean gone;

    private boolean told;

    /**
     * Makes a buffer with nothing in it.
     *
     * @param own address of the kernel's memory for the slots
     * @param size its bytes
     */
    BounceBuffer(long own, long size) {
        this.own = own;
        base = own;
        originals = new MemorySegment[Math.toIntExact(size / IovaAllocator.GRANULE)];
    }

    /** Lets slots stand for memory, and copies it there if the device reads it. @return false after {@link #close} */
    boolean put(long iova, MemorySegment original, boolean copy) {
        long stamp = lock.readLock();
        try {
            if (gone) {
                return false;
            }
            if (copy) {
                copy(original, 0, SPACE, base + iova, original.byteSize());
            }
            originals[slot(iova)] = original;
            return true;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * Ends what {@link #put} began, and copies all of the memory back if the device wrote it.
     *
     * @return the bytes that the slots stood for; 0 if they stood for nothing
     */
    long take(long iova, boolean copy) {
        long stamp = lock.readLock();
        try {
            int slot = slot(iova);
            var original = slot < 0 || slot >= originals.length || gone ? null : originals[slot];
            if (original == null) {
                return 0;
            }
            originals[slot] = null;
            if (copy) {
                copy(SPACE, base + iova, original, 0, original.byteSize());
            }
            return original.byteSize();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Moves the slots in use to the daemon's memory, or back with {@link #useOwn}. */
    void use(long address) {
        long stamp = lock.writeLock();
        try {
            for (int slot = 0; slot < originals.length && !gone; slot++) {
                if (originals[slot] != null) {
                    long at = (long) slot * IovaAllocator.GRANULE;
                    long bytes = -Math.floorDiv(-originals[slot].byteSize(), (long) IovaAllocator.GRANULE)
                            * IovaAllocator.GRANULE;
                    copy(SPACE, base + at, SPACE, address + at, bytes);
                }
            }
            base = address;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Moves the slots in use back to the kernel's memory. */
    void useOwn() {
        use(own);
    }

    /** From now on nothing is touched. */
    void close() {
        long stamp = lock.writeLock();
        gone = true;
        lock.unlockWrite(stamp);
    }

    private static int slot(long iova) {
        return iova % IovaAllocator.GRANULE == 0 ? (int) Math.min(iova / IovaAllocator.GRANULE, Integer.MAX_VALUE) : -1;
    }

    /** Memory of the daemon or of the driver can vanish under us (J-01): the kernel has pinned it and cannot miss it. */
    private void copy(MemorySegment from, long fromOffset, MemorySegment to, long toOffset, long bytes) {
        try {
            MemorySegment.copy(from, fromOffset, to, toOffset, bytes);
        } catch (InternalError vanished) {
            if (!told) {
                told = true;
                LOG.log(Level.ERROR, "memory of a bounce buffer or of its driver is gone; its data is lost", vanished);
            }
        }
    }
}
