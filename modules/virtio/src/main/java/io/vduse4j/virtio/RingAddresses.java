package io.vduse4j.virtio;

/**
 * Where the three parts of a queue lie, for both sides. A driver writes them by host address and tells the device the
 * device addresses.
 *
 * @param size entries, 1 to 32768
 * @param descHost host address of the descriptor table or ring
 * @param driverHost host address of the driver's area: available ring, or event suppression
 * @param deviceHost host address of the device's area: used ring, or event suppression
 * @param desc device address of the descriptor table or ring, a multiple of 16
 * @param driver device address of the driver's area, a multiple of 2; of 4 in a packed queue
 * @param device device address of the device's area, a multiple of 4
 */
public record RingAddresses(
        int size, long descHost, long driverHost, long deviceHost, long desc, long driver, long device) {

    /** Refuses a size or an alignment that a driver must not choose (VS-01, VP-01). */
    public RingAddresses {
        if (!PackedRing.isValidSize(size)) {
            throw new IllegalArgumentException("size of a queue: " + size);
        }
        if (((desc | descHost) & 15) != 0 || ((driver | driverHost) & 1) != 0 || ((device | deviceHost) & 3) != 0) {
            throw new IllegalArgumentException("a part of the queue is not aligned to 16, 2 or 4 bytes");
        }
    }

    /**
     * Bytes that {@link #contiguous} takes, for either format.
     *
     * @param packed which format
     * @param size entries of the queue
     * @param alignment of the used ring of a split queue
     */
    public static long bytes(boolean packed, int size, int alignment) {
        return packed ? PackedRing.descBytes(size) + 2 * PackedRing.EVENT_BYTES : bytes(size, alignment);
    }

    /**
     * Puts the three parts into one piece of memory, for either format.
     *
     * @param packed which format
     * @param size entries of the queue
     * @param alignment of the used ring of a split queue: a power of two from 4 on
     * @param host host address of the piece, a multiple of 16
     * @param device device address of the piece, a multiple of 16
     */
    public static RingAddresses contiguous(boolean packed, int size, int alignment, long host, long device) {
        if (!packed) {
            return contiguous(size, alignment, host, device);
        }
        long event = PackedRing.descBytes(size);
        long other = event + PackedRing.EVENT_BYTES;
        return new RingAddresses(size, host, host + event, host + other, device, device + event, device + other);
    }

    /**
     * Bytes that a split queue takes.
     *
     * @param size entries of the queue
     * @param alignment of the used ring: a power of two from 4 on, 4096 for a device of the old kind
     */
    public static long bytes(int size, int alignment) {
        return usedOffset(size, alignment) + SplitRing.usedBytes(size);
    }

    /**
     * Puts the three parts of a split queue into one piece of memory: descriptor table, available ring, and the used ring at the next
     * multiple of the alignment.
     *
     * @param size entries of the queue
     * @param alignment of the used ring: a power of two from 4 on
     * @param host host address of the piece, a multiple of 16
     * @param device device address of the piece, a multiple of 16
     */
    public static RingAddresses contiguous(int size, int alignment, long host, long device) {
        if (!SplitRing.isValidSize(size)) {
            throw new IllegalArgumentException("size of a split queue: " + size);
        }
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
