package io.vduse4j.virtio;

/**
 * Where a virtqueue stands: what a device is told when it starts a queue and what it tells when it has stopped one.
 *
 * <p>Split: {@code avail} is the index of the next chain to take, 0 to 65535; {@code used} is the index behind the last
 * that was given back. Packed: both are a position in the ring, bits 0 to 14, and its wrap counter, bit 15, as the
 * vhost protocols write them.
 *
 * @param avail the next chain to take
 * @param used where the next chain is given back
 */
public record VirtqueueState(int avail, int used) {

    /** Bit of the wrap counter in a packed position. */
    public static final int WRAP = 0x8000;

    /** Only for a split queue: the first chain to take is the one behind the last that was given back. */
    public static final VirtqueueState FROM_USED = new VirtqueueState(-1, -1);

    /** A packed queue that has never been used: position 0 in the lap whose wrap counter is 1 (VP-02). */
    public static final VirtqueueState PACKED_START = new VirtqueueState(WRAP, WRAP);

    /** Refuses what does not fit into 16 bits, but for {@link #FROM_USED}. */
    public VirtqueueState {
        boolean fits = avail >= 0 && avail <= 0xffff && used >= 0 && used <= 0xffff;
        if (!fits && (avail != -1 || used != -1)) {
            throw new IllegalArgumentException("state of a queue: " + avail + ", " + used);
        }
    }

    /**
     * A split queue with nothing in flight.
     *
     * @param index index of the next chain, 0 to 65535
     */
    public static VirtqueueState split(int index) {
        return new VirtqueueState(index, index);
    }

    /** A queue that has never been used. */
    public static VirtqueueState start(boolean packed) {
        return packed ? PACKED_START : split(0);
    }
}
