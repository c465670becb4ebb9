package io.vduse4j.block;

/**
 * What a backend can do; the virtio features and the configuration space of the disk follow from it. All sizes in bytes.
 *
 * @param blockSize logical block: the unit of every offset and length; a power of two, 512 to 4096
 * @param physicalBlockSize unit that storage keeps whole ({@link Durability.Blocks} says when) and that needs no
 *     read-modify-write (DU-07); a power-of-two multiple of {@code blockSize}
 * @param maxTransfer longest READ or WRITE; a multiple of {@code blockSize}
 * @param readOnly nothing but READ is accepted
 * @param canDiscard DISCARD is accepted
 * @param discardGranularity smallest unit that a discard gives back; a power-of-two multiple of {@code blockSize}, or 0
 * @param canWriteZeroes WRITE_ZEROES is accepted
 * @param canUnmapZeroes WRITE_ZEROES with unmap gives space back
 * @param maxZeroes longest DISCARD or WRITE_ZEROES; a multiple of {@code blockSize}
 * @param isVolatile acknowledged data does not survive the loss of power even after a flush (DU-11, DU-12)
 * @param needsCopy the backend must not be given the driver's memory: it gets private buffers (J-01)
 */
public record Limits(
        int blockSize,
        int physicalBlockSize,
        long maxTransfer,
        boolean readOnly,
        boolean canDiscard,
        int discardGranularity,
        boolean canWriteZeroes,
        boolean canUnmapZeroes,
        long maxZeroes,
        boolean isVolatile,
        boolean needsCopy) {

    /** Checks what the parameters promise; {@link IllegalArgumentException} names the one that does not hold. */
    public Limits {
        require(isPowerOfTwo(blockSize) && blockSize >= 512 && blockSize <= 4096, "blockSize", blockSize);
        require(
                isPowerOfTwo(physicalBlockSize) && physicalBlockSize >= blockSize,
                "physicalBlockSize",
                physicalBlockSize);
        require(maxTransfer >= blockSize && maxTransfer % blockSize == 0, "maxTransfer", maxTransfer);
        require(
                discardGranularity == 0 || (isPowerOfTwo(discardGranularity) && discardGranularity >= blockSize),
                "discardGranularity",
                discardGranularity);
        require(maxZeroes >= 0 && maxZeroes % blockSize == 0, "maxZeroes", maxZeroes);
        require(!(canDiscard || canWriteZeroes) || maxZeroes > 0, "maxZeroes", maxZeroes);
    }

    /** What is left of these limits when every request gets private buffers of at most so many bytes. */
    Limits copied(long transfer) {
        return new Limits(
                blockSize,
                physicalBlockSize,
                transfer,
                readOnly,
                canDiscard,
                discardGranularity,
                canWriteZeroes,
                canUnmapZeroes,
                maxZeroes,
                isVolatile,
                false);
    }

    /** What is left of these limits for somebody who may only read. */
    public Limits forReading() {
        return new Limits(
                blockSize, physicalBlockSize, maxTransfer, true, false, 0, false, false, 0, isVolatile, needsCopy);
    }

    private static boolean isPowerOfTwo(int value) {
        return Integer.bitCount(value) == 1;
    }

    private static void require(boolean holds, String name, long value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + value);
        }
    }
}
