package io.vduse4j.dataplane;

import java.util.Arrays;

/**
 * Ranges of bytes that are being changed, of which no two overlap: kept in their order, so that one search tells whether
 * another overlaps any. Exact, and as fast for a discard of the whole disk as for a sector.
 *
 * <p>One thread at a time.
 */
final class BusyRanges {

    private static final int FIRST_CAPACITY = 8;

    /** Start and end of each, in a row: the few of a usual depth share a cache line. */
    private long[] bounds = new long[2 * FIRST_CAPACITY];

    private int count;

    /**
     * Makes a range busy.
     *
     * @param start first byte
     * @param end first byte behind it, more than {@code start}
     * @return false if it overlaps one that is busy; then nothing has changed
     */
    boolean enter(long start, long end) {
        int at = find(start);
        if ((at > 0 && end(at - 1) > start) || (at < count && start(at) < end)) {
            return false;
        }
        if (2 * count == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        System.arraycopy(bounds, 2 * at, bounds, 2 * at + 2, 2 * (count - at));
        bounds[2 * at] = start;
        bounds[2 * at + 1] = end;
        count++;
        return true;
    }

    /** Ends what {@link #enter} has begun for the range that starts there. */
    void leave(long start) {
        int at = find(start);
        if (at == count || start(at) != start) {
            throw new IllegalStateException("no range is busy at " + start);
        }
        count--;
        System.arraycopy(bounds, 2 * at + 2, bounds, 2 * at, 2 * (count - at));
    }

    /** Ends all. */
    void leaveAll() {
        count = 0;
    }

    /** How many ranges are busy. */
    int count() {
        return count;
    }

    private long start(int index) {
        return bounds[2 * index];
    }

    private long end(int index) {
        return bounds[2 * index + 1];
    }

    /** Index of the first range that starts at an offset or behind it. */
    private int find(long offset) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (start(middle) < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
