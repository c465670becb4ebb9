package io.vduse4j.virtio.blk;

/** Feature bits of the block device, as masks (virtio 1.3, 5.2.3). */
public final class BlkFeatures {

    /** {@code size_max} is valid: bit 1. */
    public static final long SIZE_MAX = 1L << 1;

    /** {@code seg_max} is valid: bit 2. */
    public static final long SEG_MAX = 1L << 2;

    /** The device is read-only: bit 5. */
    public static final long RO = 1L << 5;

    /** {@code blk_size} is valid: bit 6. */
    public static final long BLK_SIZE = 1L << 6;

    /** Flush requests are understood: bit 9. */
    public static final long FLUSH = 1L << 9;

    /** The topology fields are valid: bit 10. */
    public static final long TOPOLOGY = 1L << 10;

    /** The driver may switch the write cache: bit 11. VDUSE refuses it: its configuration space is read-only. */
    public static final long CONFIG_WCE = 1L << 11;

    /** {@code num_queues} is valid: bit 12. */
    public static final long MQ = 1L << 12;

    /** Discard requests are understood: bit 13. */
    public static final long DISCARD = 1L << 13;

    /** Write-zeroes requests are understood: bit 14. */
    public static final long WRITE_ZEROES = 1L << 14;

    private BlkFeatures() {}
}
