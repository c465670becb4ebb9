package io.vduse4j.block;

import io.vduse4j.linux.MemoryBudget;
import java.util.BitSet;

/** Private buffers cut out of one piece of memory, each in one piece and on a border of 4096 bytes. One thread's own. */
final class BufferPool {
    /** Satisfies O_DIRECT on any device: no logical block is larger. */
    static final int UNIT = 4096;

    /** There is no room now. */
    static final int NONE = -1;

    private final long address;
    private final int units;
    private final BitSet taken;

    /**
     * Takes the memory.
     *
     * @param bytes a multiple of {@link #UNIT}, at least as much as the largest buffer
     */
    BufferPool(MemoryBudget budget, long bytes) {
        this.address = budget.allocate(bytes, UNIT).address();
        this.units = Math.toIntExact(bytes / UNIT);
        this.taken = new BitSet(units);
    }

    /** How many units a buffer of so many bytes has. */
    static int units(long bytes) {
        return Math.toIntExact((bytes + UNIT - 1) / UNIT);
    }

    /** Returns the first unit of the first gap that is long enough, which is taken now, or {@link #NONE}. */
    int take(int count) {
        int start = taken.nextClearBit(0);
        while (start <= units - count) {
            int end = taken.nextSetBit(start);
            if (end < 0 || end - start >= count) {
                taken.set(start, start + count);
                return start;
            }
            start = taken.nextClearBit(end);
        }
        return NONE;
    }

    /** Gives a buffer back. */
    void giveBack(int first, int count) {
        taken.clear(first, first + count);
    }

    /** Returns the address of a unit. */
    long address(int unit) {
        return address + (long) unit * UNIT;
    }
}
