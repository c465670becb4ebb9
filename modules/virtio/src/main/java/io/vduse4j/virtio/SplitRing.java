package io.vduse4j.virtio;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Layout of a split virtqueue (virtio 1.3, 2.7). Offsets and sizes in bytes. Everything is little-endian.
 *
 * <p>Available ring: flags, index, {@code ring[size]}, used_event. Used ring: flags, index, {@code ring[size]} of (id,
 * length), avail_event.
 */
public final class SplitRing {

    /** Most entries of a queue (2.7). */
    public static final int MAX_SIZE = 32768;

    /** Bytes of a descriptor: address 0:8, length 8:4, flags 12:2, next 14:2. */
    public static final int DESC_BYTES = 16;

    /** Descriptor flag: the chain goes on at {@code next}. */
    public static final int DESC_NEXT = 1;

    /** Descriptor flag: the device writes the buffer. */
    public static final int DESC_WRITE = 2;

    /** Descriptor flag: the buffer is a table of descriptors. */
    public static final int DESC_INDIRECT = 4;

    /** Flag of the available ring: the driver wants no interrupt. Ignored with EVENT_IDX (VS-14). */
    public static final int AVAIL_NO_INTERRUPT = 1;

    /** Flag of the used ring: the device wants no kick. Zero with EVENT_IDX (VS-18). */
    public static final int USED_NO_NOTIFY = 1;

    /** Offset of the flags in either ring. */
    public static final int FLAGS = 0;

    /** Offset of the index in either ring. */
    public static final int INDEX = 2;

    /** Offset of the entries in either ring. */
    public static final int RING = 4;

    /** Bytes of an entry of the used ring: id 0:4, length 4:4. */
    public static final int USED_ELEM_BYTES = 8;

    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64_UNALIGNED = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private SplitRing() {}

    /** Bytes of the descriptor table. */
    public static long descBytes(int size) {
        return (long) DESC_BYTES * size;
    }

    /** Bytes of the available ring, used_event included. */
    public static long availBytes(int size) {
        return RING + 2L * size + 2;
    }

    /** Bytes of the used ring, avail_event included. */
    public static long usedBytes(int size) {
        return RING + (long) USED_ELEM_BYTES * size + 2;
    }

    /** Whether a driver may choose this size (VS-01). */
    public static boolean isValidSize(int size) {
        return size > 0 && size <= MAX_SIZE && Integer.bitCount(size) == 1;
    }
}
