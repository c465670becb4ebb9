package io.vduse4j.embedded.virtio;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;

/**
 * What a disk can do, fixed when it is probed (kernel-behaviour 7.1, step 8).
 *
 * @param features the negotiated features
 * @param blockSize bytes of a logical block
 * @param segmentBytes longest data buffer of a request
 * @param requestBytes longest data of a request: a multiple of the block size
 * @param discardBytes longest range of a discard: a multiple of the block size
 * @param writeZeroesBytes longest range of a write-zeroes: a multiple of the block size
 */
record BlkLimits(
        long features, int blockSize, int segmentBytes, int requestBytes, long discardBytes, long writeZeroesBytes) {

    /** Longest request that Linux makes by itself: {@code max_sectors_kb} is 1280 unless it is changed. */
    private static final int USUAL_REQUEST_BYTES = 1280 << 10;

    /** Small enough to find room in a bounce buffer in use, large enough that a request has few of them. */
    private static final int USUAL_SEGMENT_BYTES = 64 << 10;

    /** Parts of the bounce buffer of which a request takes one at most, so that it finds room at all. */
    private static final int REQUESTS_AT_ONCE = 4;

    /** A range's length is a u32. */
    private static final long MOST_SECTORS = 0xffff_ffffL;

    /** Segments of a request need a descriptor each, and so do header and status. */
    static final int FRAME_DESCRIPTORS = 2;

    /**
     * Reads the limits.
     *
     * @param queueSize entries of the smallest queue
     * @param mapping longest mapping that the IOVA domain takes, in bytes
     * @throws LinuxException EINVAL for values that no disk can have
     */
    static BlkLimits read(String name, DeviceConfig config, long features, int queueSize, long mapping)
            throws LinuxException {
        long offered = has(features, BlkFeatures.BLK_SIZE) ? config.field(BlkConfig.BLK_SIZE, 4) : 0;
        long blockSize = offered == 0 ? BlkRequest.SECTOR_BYTES : offered; // 0 is as good as not offered
        if (Long.bitCount(blockSize) != 1 || blockSize < 512 || blockSize > NativeMemory.pageSize()) {
            throw refused(name, "block size " + blockSize);
        }
        long segments = Math.max(1, has(features, BlkFeatures.SEG_MAX) ? config.field(BlkConfig.SEG_MAX, 4) : 1);
        segments = Math.min(segments, queueSize - FRAME_DESCRIPTORS);
        long share = mapping / REQUESTS_AT_ONCE;
        long wanted = Math.max(USUAL_SEGMENT_BYTES, (USUAL_REQUEST_BYTES + segments - 1) / Math.max(1, segments));
        long segment = Math.min(Math.min(wanted, share), sizeMax(config, features));
        long request = Math.min(Math.min(segments * segment, USUAL_REQUEST_BYTES), share);
        request -= request % blockSize;
        if (segments < 1 || segment < 1 || request < blockSize) {
            throw refused(name, "no block fits into a request of " + segments + " segments of " + segment + " bytes");
        }
        return new BlkLimits(
                features,
                (int) blockSize,
                (int) segment,
                (int) request,
                range(config, BlkConfig.MAX_DISCARD_SECTORS, blockSize),
                range(config, BlkConfig.MAX_WRITE_ZEROES_SECTORS, blockSize));
    }

    private static long sizeMax(DeviceConfig config, long features) {
        return has(features, BlkFeatures.SIZE_MAX) ? config.field(BlkConfig.SIZE_MAX, 4) : Integer.MAX_VALUE;
    }

    /** A limit in sectors, of which 0 is none; never less than a block. */
    private static long range(DeviceConfig config, int offset, long blockSize) {
        long sectors = config.field(offset, 4);
        long bytes = (sectors == 0 ? MOST_SECTORS : sectors) * BlkRequest.SECTOR_BYTES;
        return Math.max(blockSize, bytes - bytes % blockSize);
    }

    private static LinuxException refused(String name, String why) {
        return new LinuxException("probe virtio-blk", name, Errno.EINVAL, "the device's configuration: " + why);
    }

    private static boolean has(long features, long feature) {
        return (features & feature) != 0;
    }

    boolean has(long feature) {
        return has(features, feature);
    }
}
