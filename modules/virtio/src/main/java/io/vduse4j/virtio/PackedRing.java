package io.vduse4j.virtio;

/**
 * Layout of a packed virtqueue (virtio 1.3, 2.8). Offsets and sizes in bytes. Everything is little-endian.
 *
 * <p>Three parts: the descriptor ring, which both sides write; the driver's event suppression; the device's. The flags
 * NEXT, WRITE and INDIRECT are those of {@link SplitRing}.
 */
public final class PackedRing {

    /** Most entries of a queue (2.8). */
    public static final int MAX_SIZE = 32768;

    /** Bytes of a descriptor: address 0:8, length 8:4, id 12:2, flags 14:2. */
    public static final int DESC_BYTES = 16;

    /** Offset of a descriptor's length. */
    public static final int DESC_LENGTH = 8;

    /** Offset of a descriptor's id. */
    public static final int DESC_ID = 12;

    /** Offset of a descriptor's flags. */
    public static final int DESC_FLAGS = 14;

    /** Descriptor flag: equal to the driver's wrap counter once the descriptor is available (2.8.1). */
    public static final int AVAIL = 1 << 7;

    /** Descriptor flag: equal to the device's wrap counter once the descriptor is used, and unequal before. */
    public static final int USED = 1 << 15;

    /** Bytes of an event suppression structure: position and wrap counter 0:2, flags 2:2 (2.8.10). */
    public static final int EVENT_BYTES = 4;

    /** Event flags: notify. */
    public static final int EVENT_ENABLE = 0;

    /** Event flags: do not notify. */
    public static final int EVENT_DISABLE = 1;

    /** Event flags: notify at the position that the structure names; only with EVENT_IDX. */
    public static final int EVENT_DESC = 2;

    private PackedRing() {}

    /** Bytes of the descriptor ring. */
    public static long descBytes(int size) {
        return (long) DESC_BYTES * size;
    }

    /** Whether a driver may choose this size: any number (VP-01). */
    public static boolean isValidSize(int size) {
        return size > 0 && size <= MAX_SIZE;
    }

    /** The flags of a descriptor that is available in a lap. */
    static int available(boolean wrap) {
        return wrap ? AVAIL : USED;
    }

    /** The flags of a descriptor that is used in a lap. */
    static int used(boolean wrap) {
        return wrap ? AVAIL | USED : 0;
    }

    /**
     * Whether the other side wants to be told of a step over some descriptors (VP-14). What it may not write counts as
     * "notify".
     *
     * @param event its structure: position in the low half, flags in the high half
     * @param eventIdx whether positions were negotiated
     * @param size entries of the ring
     * @param next position behind the step
     * @param wrap wrap counter at that position
     * @param step descriptors stepped over since the last question, 0 to size
     */
    static boolean wantsEvent(int event, boolean eventIdx, int size, int next, boolean wrap, int step) {
        int flags = event >>> 16;
        if (flags == EVENT_DISABLE) {
            return false;
        }
        int position = event & ~VirtqueueState.WRAP & 0xffff;
        if (flags != EVENT_DESC || !eventIdx || position >= size) {
            return true;
        }
        boolean lap = (event & VirtqueueState.WRAP) != 0;
        int behind = next - 1 - (lap == wrap ? position : position - size);
        return behind >= 0 && behind < step;
    }
}
