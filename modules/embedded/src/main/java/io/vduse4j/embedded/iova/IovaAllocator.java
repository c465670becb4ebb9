package io.vduse4j.embedded.iova;

/**
 * Gives out ranges of IOVA in granules of 4 KiB: from the top down, rounded up to a power of two and aligned to it
 * (kernel-behaviour 5.2). Safe from several threads.
 */
final class IovaAllocator {
    /** Bytes of a granule. */
    static final int GRANULE = 4096;

    private static final int WORD = Long.SIZE;

    /** One bit for each granule below the limit; set: taken, or below the region. */
    private final long[] taken;

    private final long granules;

    /** No word above this one has a free bit. */
    private int highest;

    /**
     * Makes an allocator with nothing taken.
     *
     * @param first first byte of the region, a multiple of {@link #GRANULE}
     * @param end first byte behind the region, a multiple of it
     */
    IovaAllocator(long first, long end) {
        granules = end / GRANULE;
        taken = new long[Math.toIntExact((granules + WORD - 1) / WORD)];
        mark(0, first / GRANULE, true);
        mark(granules, (long) taken.length * WORD - granules, true);
        highest = taken.length - 1;
    }

    /** Takes a range. @return its first byte, or -1 if there is no room */
    synchronized long allocate(long bytes) {
        long count = granules(bytes);
        if (count <= 0 || count > granules) {
            return -1;
        }
        long granule = count <= WORD ? inWords((int) count) : aligned(count);
        if (granule < 0) {
            return -1;
        }
        mark(granule, count, true);
        return granule * GRANULE;
    }

    /** Gives a range of {@link #allocate} back. */
    synchronized void free(long iova, long bytes) {
        mark(iova / GRANULE, granules(bytes), false);
        highest = Math.max(highest, (int) ((iova / GRANULE + granules(bytes) - 1) / WORD));
    }

    private static long granules(long bytes) {
        if (bytes <= 0 || bytes > 1L << 40) {
            return -1;
        }
        long count = (bytes + GRANULE - 1) / GRANULE;
        return count == 1 ? 1 : Long.highestOneBit(count - 1) << 1;
    }

    /** The highest free block that lies inside of a word. */
    private long inWords(int count) {
        while (highest > 0 && taken[highest] == -1) {
            highest--;
        }
        for (int word = highest; word >= 0; word--) {
            long free = ~taken[word];
            for (int width = 1; width < count; width <<= 1) {
                free &= free >>> width;
            }
            free &= starts(count);
            if (free != 0) {
                return (long) word * WORD + (WORD - 1 - Long.numberOfLeadingZeros(free));
            }
        }
        return -1;
    }

    /** One bit at each multiple of a power of two. */
    private static long starts(int count) {
        return count == WORD ? 1 : Long.divideUnsigned(-1, (1L << count) - 1);
    }

    /** The highest free block of several whole words. */
    private long aligned(long count) {
        int words = (int) (count / WORD);
        for (int word = taken.length / words * words - words; word >= 0; word -= words) {
            if (isFree(word, words)) {
                return (long) word * WORD;
            }
        }
        return -1;
    }

    private boolean isFree(int word, int words) {
        for (int at = word; at < word + words; at++) {
            if (taken[at] != 0) {
                return false;
            }
        }
        return true;
    }

    private void mark(long granule, long count, boolean value) {
        long end = granule + count;
        for (long at = granule; at < end; ) {
            int bit = (int) (at % WORD);
            int bits = (int) Math.min(WORD - bit, end - at);
            long mask = (bits == WORD ? -1L : (1L << bits) - 1) << bit;
            int word = (int) (at / WORD);
            taken[word] = value ? taken[word] | mask : taken[word] & ~mask;
            at += bits;
        }
    }
}
