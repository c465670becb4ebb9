package io.vduse4j.virtio;

/**
 * Where the three parts of a split queue lie, for both sides. A driver writes them by host address and tells the device
 * the device addresses.
 *
 * @param size entries, as {@link SplitRing#isValidSize} wants it
 * @param descHost host address of the descriptor table
 * @param availHost host address of the available ring
 * @param usedHost host address of the used ring
 * @param desc device address of the descriptor table, a multiple of 16
 * @param avail device address of the available ring, a multiple of 2
 * @param used device address of the used ring, a multiple of 4
 */
public record RingAddresses(int size, long descHost, long availHost, long usedHost, long desc, long avail, long used) {

    /** Refuses a size or an alignment that a driver must not choose (VS-01). */
    public RingAddresses {
        if (!SplitRing.isValidSize(size)) {
            throw new IllegalArgumentException("size of a split queue: " + size);
        }
        if (((desc | descHost) & 15) != 0 || ((avail | availHost) & 1) != 0 || ((used | usedHost) & 3) != 0) {
            throw new IllegalArgumentException("a part of the queue is not aligned to 16, 2 or 4 bytes");
        }
    }

    /**
     * Bytes that {@link #contiguous} takes.
     *
     * @param size entries of the queue
     * @param alignment of the used ring: a power of two from 4 on, 4096 for a device of the old kind
     */
    public static long bytes(int size, int alignment) {
        return usedOffset(size, alignment) + SplitRing.usedBytes(size);
    }

    /**
     * Puts the three parts into one piece of memory: descriptor table, available ring, and the used ring at the next
     * multiple of the alignment.
     *
     * @param size entries of the queue
     * @param alignment of the used ring: a power of two from 4 on
     * @param host host address of the piece, a multiple of 16
     * @param device device address of the piece, a multiple of 16
     */
    public static RingAddresses contiguous(int size, int alignment, long host, long device) {
        long avail = SplitRing.descBytes(size);
        long used = usedOffset(size, alignment);
        return new RingAddresses(size, host, host + avail, host + used, device, device + avail, device + used);
    }

    private static long usedOffset(int size, int alignment) {
        if (alignment < 4 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment of the used ring: " + alignment);
        }
        return (SplitRing.descBytes(size) + SplitRing.availBytes(size) + alignment - 1) & -(long) alignment;
    }
}
