package io.vduse4j.backend.file;

/**
 * Requests of block devices, from {@code linux/fs.h}. Their numbers are {@code _IO(0x12, nr)}, but for the one that is
 * said to be {@code _IOR(0x12, nr, size_t)}; they are the same on x86-64 and aarch64.
 */
final class BlockIoctls {
    private BlockIoctls() {}

    /** {@code _IO(0x12, 94)}: whether the device is read-only; argument: {@code int *}. */
    static final long BLKROGET = 0x125e;

    /** {@code _IO(0x12, 104)}: size of a logical block in bytes; argument: {@code int *}. */
    static final long BLKSSZGET = 0x1268;

    /** {@code _IOR(0x12, 114, size_t)}: size of the device in bytes; argument: {@code u64 *}. */
    static final long BLKGETSIZE64 = 0x8008_1272L;

    /** {@code _IO(0x12, 119)}: the range is not needed any more; argument: {@code u64[2]}, offset and length in bytes. */
    static final long BLKDISCARD = 0x1277;

    /** {@code _IO(0x12, 123)}: size of a physical block in bytes; argument: {@code unsigned *}. */
    static final long BLKPBSZGET = 0x127b;

    /** {@code _IO(0x12, 127)}: zeroes the range, keeps its space; argument: {@code u64[2]}, offset and length in bytes. */
    static final long BLKZEROOUT = 0x127f;

    /** Size in bytes of a range, the argument of BLKDISCARD and BLKZEROOUT. */
    static final int RANGE_SIZE = 16;

    /** Offset of its first byte in a range. */
    static final int RANGE_START = 0;

    /** Offset of its length in a range. */
    static final int RANGE_LENGTH = 8;
}
