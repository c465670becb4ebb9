package io.vduse4j.virtio.blk;

/** Offsets in the configuration space of the block device (virtio 1.3, 5.2.4), in bytes; little-endian. */
public final class BlkConfig {

    /** u64, in sectors of 512 bytes. */
    public static final int CAPACITY = 0;

    /** u32, longest segment in bytes. */
    public static final int SIZE_MAX = 8;

    /** u32, most segments of a request. */
    public static final int SEG_MAX = 12;

    /** u32, logical block size in bytes. */
    public static final int BLK_SIZE = 20;

    /** u8, exponent of logical blocks in a physical block. */
    public static final int PHYSICAL_BLOCK_EXP = 24;

    /** u8, first aligned logical block. */
    public static final int ALIGNMENT_OFFSET = 25;

    /** u16, smallest good I/O in logical blocks. */
    public static final int MIN_IO_SIZE = 26;

    /** u32, best I/O in logical blocks. */
    public static final int OPT_IO_SIZE = 28;

    /** u8, 1 for a write-back cache. */
    public static final int WRITEBACK = 32;

    /** u16, number of queues. */
    public static final int NUM_QUEUES = 34;

    /** u32, longest discard segment in sectors. */
    public static final int MAX_DISCARD_SECTORS = 36;

    /** u32, most segments of a discard. */
    public static final int MAX_DISCARD_SEG = 40;

    /** u32, alignment of a discard in sectors. */
    public static final int DISCARD_SECTOR_ALIGNMENT = 44;

    /** u32, longest write-zeroes segment in sectors. */
    public static final int MAX_WRITE_ZEROES_SECTORS = 48;

    /** u32, most segments of a write-zeroes. */
    public static final int MAX_WRITE_ZEROES_SEG = 52;

    /** u8, 1 if write-zeroes may give space back. */
    public static final int WRITE_ZEROES_MAY_UNMAP = 56;

    /** Bytes of the space up to the last field that this device offers, padded (VB-03). */
    public static final int BYTES = 60;

    private BlkConfig() {}
}
