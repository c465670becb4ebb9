package io.vduse4j.testkit.crash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

/**
 * What a block says of itself: which one it is, and by which request of which run it was written; and a checksum over all
 * of it. A block of zeroes says nothing.
 *
 * @param kind what can be read from it
 * @param run number of the run; 0 unless whole
 * @param block number of the block; 0 unless whole
 * @param sequence number of the request; 0 unless whole
 */
public record BlockTag(Kind kind, long run, long block, long sequence) {

    /** What a block looks like. */
    public enum Kind {
        /** Zeroes, every byte. */
        ZERO,
        /** As one request wrote it. */
        WHOLE,
        /** Neither: a mixture, or something that was never written so. */
        BROKEN
    }

    private static final long MAGIC = 0x6b6c_6234_6573_7564L;
    private static final int RUN = 8;
    private static final int BLOCK = 16;
    private static final int SEQUENCE = 24;
    private static final int FILLER = 32;
    private static final int CHECKSUM_BYTES = 8;

    private static final BlockTag ZEROES = new BlockTag(Kind.ZERO, 0, 0, 0);
    private static final BlockTag BROKEN = new BlockTag(Kind.BROKEN, 0, 0, 0);

    /**
     * Writes a block.
     *
     * @param to where
     * @param at its first byte there
     * @param bytes its size, a multiple of 8, at least 48
     */
    public static void write(byte[] to, int at, int bytes, long run, long block, long sequence) {
        var buffer = ByteBuffer.wrap(to, at, bytes).slice().order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(0, MAGIC);
        buffer.putLong(RUN, run);
        buffer.putLong(BLOCK, block);
        buffer.putLong(SEQUENCE, sequence);
        // Different everywhere, so that a mixture of two is neither.
        long state = run ^ Long.rotateLeft(block * MAGIC, 17) ^ sequence;
        for (int i = FILLER; i < bytes - CHECKSUM_BYTES; i += Long.BYTES) {
            state = Long.rotateLeft(state * MAGIC, 29) + i;
            buffer.putLong(i, state);
        }
        buffer.putLong(bytes - CHECKSUM_BYTES, checksum(to, at, bytes));
    }

    /** Reads a block that {@link #write} wrote, or somebody else. */
    public static BlockTag read(byte[] from, int at, int bytes) {
        var buffer = ByteBuffer.wrap(from, at, bytes).slice().order(ByteOrder.LITTLE_ENDIAN);
        if (buffer.getLong(0) == MAGIC && buffer.getLong(bytes - CHECKSUM_BYTES) == checksum(from, at, bytes)) {
            return new BlockTag(Kind.WHOLE, buffer.getLong(RUN), buffer.getLong(BLOCK), buffer.getLong(SEQUENCE));
        }
        for (int i = 0; i < bytes; i += Long.BYTES) {
            if (buffer.getLong(i) != 0) {
                return BROKEN;
            }
        }
        return ZEROES;
    }

    /**
     * Tells whether each word of a block is what one of these requests wrote there: what a page cache leaves that writes a
     * page back while it is changed.
     *
     * @param block its number
     * @param requests which it may hold; 0 are the zeroes before the first one
     */
    public static boolean isMixture(byte[] from, int at, int bytes, long run, long block, LongStream requests) {
        var found = ByteBuffer.wrap(from, at, bytes).slice();
        var left = new BitSet();
        left.set(0, bytes / Long.BYTES);
        var scratch = new byte[bytes];
        var written = ByteBuffer.wrap(scratch);
        for (var each = requests.iterator(); each.hasNext() && !left.isEmpty(); ) {
            long sequence = each.nextLong();
            if (sequence == 0) {
                Arrays.fill(scratch, (byte) 0);
            } else {
                write(scratch, 0, bytes, run, block, sequence);
            }
            for (int word = left.nextSetBit(0); word >= 0; word = left.nextSetBit(word + 1)) {
                if (found.getLong(word * Long.BYTES) == written.getLong(word * Long.BYTES)) {
                    left.clear(word);
                }
            }
        }
        return left.isEmpty();
    }

    private static long checksum(byte[] data, int at, int bytes) {
        var crc = new CRC32C();
        crc.update(data, at, bytes - CHECKSUM_BYTES);
        return crc.getValue();
    }
}
