package io.vduse4j.dataplane.inflight;

import java.lang.foreign.MemorySegment;

/** Logs that are written in an order, or in pieces, that B3 and B4 of the reliability rules show to be wrong. */
public final class WrongWords extends CrashingWords {

    /** What is wrong. */
    public enum Wrong {
        /** Split: a chain's flag before its counter. */
        FLAG_BEFORE_COUNTER,
        /** Split: the log begins without where the ring stands. */
        NO_FIRST_INDEX,
        /** Split: that the index in the ring has moved on is not noticed. */
        NO_MISMATCH,
        /** Packed: used index and wrap counter one after the other. */
        USED_IN_TWO_STORES,
        /** Packed: the shadow of the used side before that of the free list. */
        SHADOWS_BEFORE_LIST
    }

    private final Wrong wrong;
    private long counterAt = -1;
    private long counter;
    private boolean listHeld;
    private long list;

    /** Does this one thing wrong. */
    public WrongWords(MemorySegment region, Wrong wrong) {
        super(region);
        this.wrong = wrong;
    }

    @Override
    void set16(long at, int value) {
        if (wrong == Wrong.NO_FIRST_INDEX && at == SplitLogLayout.USED_IDX && get16(SplitLogLayout.VERSION) == 0) {
            return;
        }
        super.set16(at, value);
        if (counterAt >= 0) {
            super.set64(counterAt, counter);
            counterAt = -1;
        }
    }

    @Override
    void set8(long at, int value) {
        boolean clears = at >= SplitLogLayout.DESC && at % SplitLogLayout.DESC_BYTES == 0 && value == 0;
        if (wrong == Wrong.NO_MISMATCH && clears && recovering) {
            return;
        }
        super.set8(at, value);
    }

    private boolean recovering;

    /** Whether what follows is recovery. */
    public void recovering(boolean now) {
        recovering = now;
        counterAt = -1;
        listHeld = false;
    }

    @Override
    void set64(long at, long value) {
        if (wrong == Wrong.FLAG_BEFORE_COUNTER) {
            counterAt = at;
            counter = value;
        } else if (wrong == Wrong.USED_IN_TWO_STORES && at == PackedLogLayout.USED) {
            long old = get64(at);
            long wraps = 0xffff_ffff_0000_0000L;
            super.set64(at, (old & wraps) | (value & ~wraps));
            super.set64(at, value);
        } else if (wrong == Wrong.SHADOWS_BEFORE_LIST && at == PackedLogLayout.LIST && isShadow(value) && !recovering) {
            listHeld = true;
            list = value;
        } else {
            super.set64(at, value);
            if (listHeld && at == PackedLogLayout.USED) {
                listHeld = false;
                super.set64(PackedLogLayout.LIST, list);
            }
        }
    }

    /** Free head and its shadow become the same again, after a chain was given back. */
    private boolean isShadow(long value) {
        long now = get64(PackedLogLayout.LIST);
        return (now >>> 32 & 0xffff) != now >>> 48 && (value >>> 32 & 0xffff) == value >>> 48;
    }
}
