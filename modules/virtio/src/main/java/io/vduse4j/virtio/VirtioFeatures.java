package io.vduse4j.virtio;

/** Feature bits that belong to no device type, as masks (virtio 1.3, chapter 6). */
public final class VirtioFeatures {

    /** The driver may use a table of descriptors behind one descriptor: bit 28. */
    public static final long RING_INDIRECT_DESC = 1L << 28;

    /** Both sides say from which index on they want to be notified: bit 29. */
    public static final long RING_EVENT_IDX = 1L << 29;

    /** virtio 1.0 or later: bit 32. */
    public static final long VERSION_1 = 1L << 32;

    /** Addresses are translated by the platform: bit 33. VDUSE creates no device without it. */
    public static final long ACCESS_PLATFORM = 1L << 33;

    /** Packed virtqueues: bit 34. */
    public static final long RING_PACKED = 1L << 34;

    /** Buffers are used in the order in which they were made available: bit 35. */
    public static final long IN_ORDER = 1L << 35;

    /** A queue can be reset alone: bit 40. */
    public static final long RING_RESET = 1L << 40;

    private VirtioFeatures() {}
}
