package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.blk.BlkRequest.SECTOR_BYTES;

import io.vduse4j.testkit.DeviceFaultException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a disk must hold: each slot has sectors of its own, so that requests in flight never meet. A sector is zero or
 * follows from a number.
 */
final class DiskModel {

    /** Sectors of a slot. */
    static final int SECTORS = 16;

    private static final long NOT_SURE = 1L << 63;
    private static final long MIX = 0x9e37_79b9_7f4a_7c15L;

    private final long[] seeds;
    private final MemorySegment expected = MemorySegment.ofArray(new long[SECTOR_BYTES / Long.BYTES]);

    /** For a disk of zeroes. */
    DiskModel(int slots) {
        seeds = new long[slots * SECTORS];
    }

    /** First sector of a slot. */
    static long first(int slot) {
        return (long) slot * SECTORS;
    }

    /** Makes what a write is to bring to a sector. */
    static void fill(MemorySegment to, long offset, long seed) {
        for (int i = 0; i < SECTOR_BYTES; i += Long.BYTES) {
            to.set(ValueLayout.JAVA_LONG_UNALIGNED, offset + i, seed == 0 ? 0 : (seed + i) * MIX);
        }
    }

    /** Sectors hold this now; 0 is zeroes. */
    void set(long sector, int count, long seed) {
        for (int i = 0; i < count; i++) {
            seeds[(int) sector + i] = seed == 0 ? 0 : (seed + i) & ~NOT_SURE;
        }
    }

    /** The number with which {@link #fill} makes sector {@code i} of a write. */
    static long seedOf(long seed, int i) {
        return (seed + i) & ~NOT_SURE;
    }

    /** Sectors hold what they held, or zeroes (VB-08). */
    void discard(long sector, int count) {
        for (int i = 0; i < count; i++) {
            if (seeds[(int) sector + i] != 0) {
                seeds[(int) sector + i] |= NOT_SURE;
            }
        }
    }

    /** Checks what was read. */
    void check(long sector, int count, MemorySegment read) {
        for (int i = 0; i < count; i++) {
            MemorySegment part = read.asSlice((long) i * SECTOR_BYTES, SECTOR_BYTES);
            int index = (int) sector + i;
            boolean sure = (seeds[index] & NOT_SURE) == 0;
            seeds[index] &= ~NOT_SURE;
            fill(expected, 0, seeds[index]);
            if (part.mismatch(expected) != -1 && !sure) {
                seeds[index] = 0;
                expected.fill((byte) 0);
            }
            long differs = part.mismatch(expected);
            if (differs != -1) {
                throw new DeviceFaultException("sector " + index + " is wrong from byte " + differs + " on");
            }
        }
    }
}
