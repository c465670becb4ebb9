package io.vduse4j.block;

import static io.vduse4j.virtio.blk.BlkRequest.SECTOR_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_FLAGS;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_SECTORS;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_UNMAP;

import io.vduse4j.virtio.Chain;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What the model keeps for one slot: the request at the backend, and the ranges of a discard or write-zeroes. */
final class BlkSlot {

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes of private memory that a slot needs for its ranges. */
    static final int RANGES_BYTES = BlkShape.MAX_RANGES * SEGMENT_BYTES;

    final Request request = new Request();

    /** The chain, while one is in flight. */
    Chain chain;

    /** Whether the request waits for the volume's flush instead of a channel. */
    boolean flushing;

    /** Whether a channel or the volume's flush has the request. */
    boolean outside;

    /** Outcome of a request that ended on another thread; written before the post. */
    int postedErrno;

    private final MemorySegment ranges;
    private int rangeCount;
    private int nextRange;

    BlkSlot(MemorySegment ranges) {
        this.ranges = ranges;
    }

    /** Takes the ranges out of the chain, once, into private memory (BUG-01). */
    void takeRanges(int count) {
        chain.consume(ranges, (long) count * SEGMENT_BYTES);
        rangeCount = count;
        nextRange = 0;
    }

    int rangeCount() {
        return rangeCount;
    }

    long rangeSector(int range) {
        return ranges.get(LE64, (long) range * SEGMENT_BYTES);
    }

    long rangeSectors(int range) {
        return Integer.toUnsignedLong(ranges.get(LE32, (long) range * SEGMENT_BYTES + SEGMENT_SECTORS));
    }

    int rangeFlags(int range) {
        return ranges.get(LE32, (long) range * SEGMENT_BYTES + SEGMENT_FLAGS);
    }

    /** First byte of all ranges together. At least one of them is not empty. */
    long hullOffset() {
        long first = Long.MAX_VALUE;
        for (int range = 0; range < rangeCount; range++) {
            if (rangeSectors(range) > 0) {
                first = Math.min(first, rangeSector(range));
            }
        }
        return first * SECTOR_BYTES;
    }

    /** Bytes from {@link #hullOffset} to the last byte of all ranges. */
    long hullLength() {
        long end = 0;
        for (int range = 0; range < rangeCount; range++) {
            if (rangeSectors(range) > 0) {
                end = Math.max(end, rangeSector(range) + rangeSectors(range));
            }
        }
        return end * SECTOR_BYTES - hullOffset();
    }

    /** Points the request at the next range that is not empty; false when there is none left. */
    boolean nextRange() {
        while (nextRange < rangeCount) {
            int range = nextRange++;
            if (rangeSectors(range) > 0) {
                request.offset = rangeSector(range) * SECTOR_BYTES;
                request.length = rangeSectors(range) * SECTOR_BYTES;
                request.unmap = (rangeFlags(range) & SEGMENT_UNMAP) != 0;
                return true;
            }
        }
        return false;
    }
}
