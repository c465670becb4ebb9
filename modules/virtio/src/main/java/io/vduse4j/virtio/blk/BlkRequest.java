package io.vduse4j.virtio.blk;

/** Layout and numbers of a block request (virtio 1.3, 5.2.6). Offsets and sizes in bytes; little-endian. */
public final class BlkRequest {

    /** A sector, whatever the block size. */
    public static final int SECTOR_BYTES = 512;

    /** Header: type 0:4, reserved 4:4, sector 8:8. */
    public static final int HEADER_BYTES = 16;

    /** Offset of the type in the header. */
    public static final int TYPE = 0;

    /** Offset of the first sector in the header. */
    public static final int SECTOR = 8;

    /** Read. */
    public static final int IN = 0;

    /** Write. */
    public static final int OUT = 1;

    /** Make stable what was completed. */
    public static final int FLUSH = 4;

    /** Ask for the serial number. */
    public static final int GET_ID = 8;

    /** Give ranges back. */
    public static final int DISCARD = 11;

    /** Zero ranges. */
    public static final int WRITE_ZEROES = 13;

    /** Bytes of a serial number; NUL-padded, no NUL if all are used (VB-16). */
    public static final int ID_BYTES = 20;

    /** Segment of a discard or write-zeroes: sector 0:8, sectors 8:4, flags 12:4. */
    public static final int SEGMENT_BYTES = 16;

    /** Offset of the number of sectors in a segment. */
    public static final int SEGMENT_SECTORS = 8;

    /** Offset of the flags in a segment. */
    public static final int SEGMENT_FLAGS = 12;

    /** Flag of a write-zeroes segment: space may be given back. */
    public static final int SEGMENT_UNMAP = 1;

    /** Status: done. */
    public static final byte S_OK = 0;

    /** Status: failed. */
    public static final byte S_IOERR = 1;

    /** Status: not understood. */
    public static final byte S_UNSUPP = 2;

    private BlkRequest() {}
}
