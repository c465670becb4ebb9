package io.vduse4j.dataplane;

import java.util.Arrays;

/**
 * Ranges of bytes that are being changed, of which no two overlap. Exact, and as fast for a discard of the whole disk as for
 * a sector.
 *
 * <p>Most requests are small, and far from each other: a table counts the small ranges by the granules of the device that
 * they touch, many granules to a counter. Where a request finds nothing but zeroes it overlaps none of them, and no range
 * has to be looked at.
 *
 * <p>One thread at a time.
 */
final class BusyRanges {

    private static final int FIRST_CAPACITY = 16;

    /** Granules of 4 KiB: the usual request lies in one. */
    private static final int GRANULE_SHIFT = 12;

    /** A range of more granules is wide: it is compared with each other one. */
    private static final int SMALL_GRANULES = 16;

    private final int[] touching;

    /** Start and end of each, in a row, in no order. */
    private long[] bounds = new long[2 * FIRST_CAPACITY];

    private int count;
    private int wide;

    /**
     * No range is busy.
     *
     * @param counters a power of two
     */
    BusyRanges(int counters) {
        touching = new int[counters];
    }

    /**
     * Makes a range busy.
     *
     * @param start first byte
     * @param end first byte behind it, more than {@code start}
     * @return false if it overlaps one that is busy; then nothing has changed
     */
    boolean enter(long start, long end) {
        if ((wide > 0 || isWide(start, end) || touched(start, end)) && overlaps(start, end)) {
            return false;
        }
        if (2 * count == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[2 * count] = start;
        bounds[2 * count + 1] = end;
        count++;
        count(start, end, 1);
        return true;
    }

    /** Ends what {@link #enter} has begun for the range that starts there. */
    void leave(long start) {
        // The first to come are mostly the first to go.
        int at = 0;
        while (at < 2 * count && bounds[at] != start) {
            at += 2;
        }
        if (at == 2 * count) {
            throw new IllegalStateException("no range is busy at " + start);
        }
        count(start, bounds[at + 1], -1);
        count--;
        bounds[at] = bounds[2 * count];
        bounds[at + 1] = bounds[2 * count + 1];
    }

    /** Ends all. */
    void leaveAll() {
        for (int at = 0; at < 2 * count; at += 2) {
            count(bounds[at], bounds[at + 1], -1);
        }
        count = 0;
    }

    /** How many ranges are busy. */
    int count() {
        return count;
    }

    private static boolean isWide(long start, long end) {
        return lastGranule(end) - (start >>> GRANULE_SHIFT) >= SMALL_GRANULES;
    }

    private static long lastGranule(long end) {
        return (end - 1) >>> GRANULE_SHIFT;
    }

    private int counter(long granule) {
        return (int) granule & (touching.length - 1);
    }

    private void count(long start, long end, int change) {
        if (isWide(start, end)) {
            wide += change;
            return;
        }
        long last = lastGranule(end);
        for (long granule = start >>> GRANULE_SHIFT; granule <= last; granule++) {
            touching[counter(granule)] += change;
        }
    }

    private boolean touched(long start, long end) {
        int sum = 0;
        long last = lastGranule(end);
        for (long granule = start >>> GRANULE_SHIFT; granule <= last; granule++) {
            sum |= touching[counter(granule)];
        }
        return sum != 0;
    }

    private boolean overlaps(long start, long end) {
        for (int at = 0; at < 2 * count; at += 2) {
            if (bounds[at] < end && start < bounds[at + 1]) {
                return true;
            }
        }
        return false;
    }
}
