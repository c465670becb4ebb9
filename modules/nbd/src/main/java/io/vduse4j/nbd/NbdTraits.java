package io.vduse4j.nbd;

/**
 * What an {@link NbdExport} can do, and so what clients are offered.
 *
 * @param readOnly nothing is written; the four that follow concern writers only and are then ignored
 * @param canFlush flush is known; without it everything is stable once completed, or never
 * @param canFua writes, trims and zeroes can be made stable each
 * @param canTrim trim is known
 * @param canWriteZeroes writeZeroes is known
 * @param canCache cache is known
 * @param multiConn a flush covers what was completed on all connections; so clients may use several
 * @param minimumBlock unit of every offset and length in bytes, a power of two, 1 to 65536
 * @param preferredBlock unit that is not slower than it need be, in bytes; a power of two, at least
 *     {@code minimumBlock} and 512, at most 32 MiB
 */
public record NbdTraits(
        boolean readOnly,
        boolean canFlush,
        boolean canFua,
        boolean canTrim,
        boolean canWriteZeroes,
        boolean canCache,
        boolean multiConn,
        int minimumBlock,
        int preferredBlock) {

    private static final int MOST_MINIMUM = 64 << 10;
    private static final int LEAST_PREFERRED = 512;
    private static final int MOST_PREFERRED = 32 << 20;

    /** Checks the block sizes; {@link IllegalArgumentException} names the one that does not fit. */
    public NbdTraits {
        if (Integer.bitCount(minimumBlock) != 1 || minimumBlock < 1 || minimumBlock > MOST_MINIMUM) {
            throw new IllegalArgumentException("minimumBlock = " + minimumBlock);
        }
        if (Integer.bitCount(preferredBlock) != 1
                || preferredBlock < Math.max(minimumBlock, LEAST_PREFERRED)
                || preferredBlock > MOST_PREFERRED) {
            throw new IllegalArgumentException("preferredBlock = " + preferredBlock);
        }
    }
}
