package io.vduse4j.backend.file;

import io.vduse4j.block.Limits;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Path;

/**
 * Block sizes and size of a volume, checked against what was asked for.
 *
 * @param blockSize logical block in bytes
 * @param physicalBlockSize unit in bytes that is written in one piece
 * @param alignment what O_DIRECT asks of memory and ranges, in bytes
 * @param size in bytes, a multiple of {@code blockSize}
 */
record Geometry(int blockSize, int physicalBlockSize, int alignment, long size) {
    private static final int SECTOR = 512;
    private static final int PAGE = 4096;

    private static final long MAX_TRANSFER = 1L << 30;

    /** Long enough for file systems that only note it; short enough where zeroes must be written. */
    private static final long MAX_ZEROES = 256L << 20;

    /**
     * Of a regular file. The page cache takes any block size, in units of a page. O_DIRECT wants the logical block of the
     * device under the file system; where that cannot be told, 4096, which no device exceeds, is safe.
     */
    static Geometry ofImage(Path path, FileStatus status, BackendOptions options) throws LinuxException {
        int logical = SECTOR;
        if (options.direct()) {
            var queue = new QueueAttributes(status.fileSystemMajor(), status.fileSystemMinor());
            logical = Math.clamp(queue.logicalBlockSize().orElse(PAGE), SECTOR, PAGE);
        }
        return of(path, logical, PAGE, status.size(), options);
    }

    /** Of a block device: its own blocks, buffered or not, for a smaller one could be torn (DU-07). */
    static Geometry ofDevice(Path path, DeviceStorage device, BackendOptions options) throws LinuxException {
        int logical = device.logicalBlockSize();
        if (logical > PAGE) {
            throw OpenHints.invalid(path, "its blocks of " + logical + " bytes are larger than a disk's can be, 4096");
        }
        return of(path, logical, device.physicalBlockSize(), device.size(), options);
    }

    private static Geometry of(Path path, int logical, int physical, long size, BackendOptions options)
            throws LinuxException {
        int block = options.blockSize().orElse(logical);
        if (Integer.bitCount(block) != 1 || block < SECTOR || block > PAGE) {
            throw OpenHints.invalid(path, "a block size of " + block + ": use 512, 1024, 2048 or 4096");
        }
        if (block < logical) {
            throw OpenHints.invalid(path, "a block size of " + block + " is less than what is below has, " + logical);
        }
        if (options.size().isPresent() && options.size().getAsLong() != size) {
            throw OpenHints.invalid(
                    path,
                    "it exists and has " + size + " bytes, not "
                            + options.size().getAsLong() + ": leave out --size, or grow it with truncate(1)");
        }
        if (size == 0) {
            throw OpenHints.invalid(path, "it is empty: give it a size with truncate -s 1G");
        }
        long odd = size % block;
        if (size == odd || (odd != 0 && !options.force())) {
            throw OpenHints.invalid(
                    path,
                    "an odd size: " + size + " bytes are not a multiple of its blocks of " + block + ": truncate -s "
                            + (size - odd + block) + " makes it longer, --force leaves the last " + odd + " out");
        }
        return new Geometry(block, Math.max(block, physical), logical, size - odd);
    }

    /** The limits of a volume of this geometry. */
    Limits limits(Storage storage, boolean readOnly) {
        boolean discards = !readOnly && storage.discardGranularity() > 0;
        return new Limits(
                blockSize,
                physicalBlockSize,
                MAX_TRANSFER,
                readOnly,
                discards,
                discards ? Math.max(storage.discardGranularity(), blockSize) : 0,
                !readOnly,
                !readOnly && storage.canUnmapZeroes(),
                readOnly ? 0 : MAX_ZEROES,
                storage.isVolatile(),
                false);
    }
}
