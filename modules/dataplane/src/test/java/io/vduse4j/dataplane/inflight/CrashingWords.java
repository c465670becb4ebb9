package io.vduse4j.dataplane.inflight;

import java.lang.foreign.MemorySegment;

/** Stores of which one is the last: the process dies before the next. */
public class CrashingWords extends LogWords {

    /** The process has died. */
    public static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;

        Crash() {
            super("the process has died", null, false, false);
        }
    }

    private long left = Long.MAX_VALUE;

    /** Never dies until told. */
    public CrashingWords(MemorySegment region) {
        super(region);
    }

    /** Dies before the store after so many. */
    public void dieAfter(long steps) {
        left = steps;
    }

    /** A point at which it may die. */
    public void step() {
        if (left-- == 0) {
            throw new Crash();
        }
    }

    /** The log of a queue by these stores. */
    public QueueLog log(boolean packed, int size) {
        return packed ? new PackedLog(this, size) : new SplitLog(this, size);
    }

    @Override
    void set8(long at, int value) {
        step();
        super.set8(at, value);
    }

    @Override
    void set16(long at, int value) {
        step();
        super.set16(at, value);
    }

    @Override
    void set64(long at, long value) {
        step();
        super.set64(at, value);
    }
}
