package io.vduse4j.block.memory;

import io.vduse4j.block.Limits;
import io.vduse4j.block.Sizes;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;

/**
 * What {@code memory:SIZE} and {@code null:SIZE} have in common: the size is the whole text, and nothing survives.
 *
 * @param volume as the user wrote it
 * @param bytes size, a multiple of {@code blockSize}
 * @param blockSize in bytes
 * @param readOnly as the user asked
 */
record VolatileSize(String volume, long bytes, int blockSize, boolean readOnly) {
    private static final int PAGE = 4096;

    /** No limit is needed but one: a request shall not keep a worker for long. */
    private static final long MAX_TRANSFER = 64 << 20;

    /** Checks what the user wrote against what was asked beside it. */
    static VolatileSize of(String scheme, String text, BackendOptions options) throws LinuxException {
        String volume = scheme + ":" + text;
        long bytes = Sizes.parse(text);
        int blockSize = options.blockSize().orElse(512);
        if (Integer.bitCount(blockSize) != 1 || blockSize < 512 || blockSize > PAGE) {
            throw refused(volume, "a block size of " + blockSize + ": use 512, 1024, 2048 or 4096");
        }
        if (bytes % blockSize != 0) {
            throw refused(volume, "the size is not a multiple of the block size, " + blockSize);
        }
        if (options.size().orElse(bytes) != bytes) {
            throw refused(volume, "another size was asked for than the one that follows the colon");
        }
        if (options.direct()) {
            throw refused(volume, "there is no page cache to go around: leave out --direct");
        }
        return new VolatileSize(volume, bytes, blockSize, options.readOnly());
    }

    /** The limits of a volume that can do everything and promises nothing (DU-12). */
    Limits limits() {
        boolean writable = !readOnly;
        return new Limits(
                blockSize,
                PAGE,
                MAX_TRANSFER,
                readOnly,
                writable,
                writable ? PAGE : 0,
                writable,
                writable,
                writable ? MAX_TRANSFER : 0,
                true,
                false);
    }

    private static LinuxException refused(String volume, String hint) {
        return new LinuxException("open", volume, Errno.EINVAL, hint);
    }
}
