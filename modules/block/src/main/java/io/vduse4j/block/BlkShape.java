package io.vduse4j.block;

import static io.vduse4j.virtio.blk.BlkRequest.SECTOR_BYTES;

import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The features and the configuration space of a disk, as they follow from its backend's limits. Immutable. */
final class BlkShape {

    /** Most data segments of a request; what Linux and QEMU use with the usual queue size of 256. */
    private static final int MAX_SEGMENTS = 254;

    /** Segments of a request need a descriptor each, and so do header and status. */
    private static final int FRAME_DESCRIPTORS = 2;

    /** A segment is at least a page, or Linux refuses the disk. */
    private static final int MIN_SEGMENT_BYTES = 4096;

    /** Longest segment offered; the field is 32 bits wide. */
    private static final long MAX_SEGMENT_BYTES = 1L << 30;

    /** Most ranges of one discard or write-zeroes. */
    static final int MAX_RANGES = 64;

    private final Limits limits;
    private final BlkOptions options;
    private final int segments;
    private final int segmentBytes;

    BlkShape(Limits limits, BlkOptions options) {
        this.limits = limits;
        this.options = options;
        long room = Math.max(1, limits.maxTransfer() / MIN_SEGMENT_BYTES);
        segments = (int) Math.min(Math.min(options.queueSize() - FRAME_DESCRIPTORS, MAX_SEGMENTS), room);
        long bytes = Math.min(limits.maxTransfer() / segments, MAX_SEGMENT_BYTES);
        segmentBytes = (int) Math.max(bytes - bytes % MIN_SEGMENT_BYTES, MIN_SEGMENT_BYTES);
    }

    Limits limits() {
        return limits;
    }

    BlkOptions options() {
        return options;
    }

    /** FLUSH is always offered, also by a disk that cannot be written (VB-01). */
    long features() {
        long features = BlkFeatures.SIZE_MAX
                | BlkFeatures.SEG_MAX
                | BlkFeatures.BLK_SIZE
                | BlkFeatures.FLUSH
                | BlkFeatures.TOPOLOGY;
        if (limits.readOnly()) {
            features |= BlkFeatures.RO;
        }
        if (options.queues() > 1) {
            features |= BlkFeatures.MQ;
        }
        if (canDiscard()) {
            features |= BlkFeatures.DISCARD;
        }
        if (canWriteZeroes()) {
            features |= BlkFeatures.WRITE_ZEROES;
        }
        return features;
    }

    boolean canDiscard() {
        return limits.canDiscard() && !limits.readOnly();
    }

    boolean canWriteZeroes() {
        return limits.canWriteZeroes() && !limits.readOnly();
    }

    /** Longest range of a discard or write-zeroes, in sectors; the fields are 32 bits wide. */
    long maxRangeSectors() {
        return Math.min(limits.maxZeroes(), (1L << 32) * SECTOR_BYTES - limits.blockSize()) / SECTOR_BYTES;
    }

    /** Fields of features that are not offered, and padding, are zero (VB-03). */
    byte[] config(long sizeBytes) {
        ByteBuffer config = ByteBuffer.allocate(BlkConfig.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int exponent = Integer.numberOfTrailingZeros(limits.physicalBlockSize() / limits.blockSize());
        config.putLong(BlkConfig.CAPACITY, sizeBytes / SECTOR_BYTES)
                .putInt(BlkConfig.SIZE_MAX, segmentBytes)
                .putInt(BlkConfig.SEG_MAX, segments)
                .putInt(BlkConfig.BLK_SIZE, limits.blockSize())
                .put(BlkConfig.PHYSICAL_BLOCK_EXP, (byte) exponent)
                .putShort(BlkConfig.MIN_IO_SIZE, (short) (1 << exponent));
        if (options.queues() > 1) {
            config.putShort(BlkConfig.NUM_QUEUES, (short) options.queues());
        }
        if (canDiscard()) {
            config.putInt(BlkConfig.MAX_DISCARD_SECTORS, (int) maxRangeSectors())
                    .putInt(BlkConfig.MAX_DISCARD_SEG, MAX_RANGES)
                    .putInt(
                            BlkConfig.DISCARD_SECTOR_ALIGNMENT,
                            Math.max(limits.discardGranularity(), limits.blockSize()) / SECTOR_BYTES);
        }
        if (canWriteZeroes()) {
            config.putInt(BlkConfig.MAX_WRITE_ZEROES_SECTORS, (int) maxRangeSectors())
                    .putInt(BlkConfig.MAX_WRITE_ZEROES_SEG, MAX_RANGES)
                    .put(BlkConfig.WRITE_ZEROES_MAY_UNMAP, (byte) (limits.canUnmapZeroes() ? 1 : 0)); // VB-10
        }
        return config.array();
    }
}
