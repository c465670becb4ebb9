package io.vduse4j.testkit;

import io.vduse4j.virtio.blk.BlkRequest;
import java.util.Random;

/**
 * How a driver cuts a request into buffers; a device must not care (VS-02). The readable bytes (header, then data) and
 * the writable bytes (data, then status) are two runs, and each is cut into pieces.
 *
 * @param apart whether the header and the status are never in one buffer with data
 * @param piece most bytes of a buffer, from 1 on
 * @param gap bytes between two buffers in memory, from 0 on; with 0 a device can join what was cut
 * @param direct how many buffers get a descriptor of the queue; the others stand in an indirect table (VS-11)
 */
public record Framing(boolean apart, int piece, int gap, int direct) {

    /** No limit, for {@link #piece} and {@link #direct}. */
    public static final int ALL = Integer.MAX_VALUE;

    /** Header, data and status, each in a buffer of its own: what most drivers do. */
    public static final Framing CLASSIC = new Framing(true, ALL, 16, ALL);

    /** The same in an indirect table. */
    public static final Framing INDIRECT = new Framing(true, ALL, 16, 0);

    /** The header direct, the rest in an indirect table (VS-11). */
    public static final Framing HEADER_DIRECT = new Framing(true, ALL, 16, 1);

    /** Header and data in one buffer, data and status in one. */
    public static final Framing JOINED = new Framing(false, ALL, 16, ALL);

    /** Where a random framing may have indirect tables. */
    public enum Tables {
        /** Nowhere: they were not negotiated. */
        NONE,
        /** A chain is direct or all in a table, as Linux makes them; some devices understand no other form. */
        LEADING,
        /** Behind any number of direct buffers, as every device must understand it (VS-11). */
        ANY
    }

    /** Refuses numbers that make no sense. */
    public Framing {
        if (piece < 1 || gap < 0 || direct < 0) {
            throw new IllegalArgumentException("piece " + piece + ", gap " + gap + ", direct " + direct);
        }
    }

    /** The same with buffers of at most so many bytes. */
    public Framing pieces(int bytes) {
        return new Framing(apart, bytes, gap, direct);
    }

    /**
     * Any framing that a queue can take for a request.
     *
     * @param random the source
     * @param command the request
     * @param mostBuffers most buffers that it may have, from 3 on
     * @param tables where it may have an indirect table
     */
    public static Framing random(Random random, BlkCommand command, int mostBuffers, Tables tables) {
        boolean apart = random.nextBoolean();
        int gap = random.nextInt(3) * random.nextInt(40);
        int direct = tables == Tables.NONE || random.nextBoolean() ? ALL : 0;
        if (direct == 0 && tables == Tables.ANY) {
            direct = random.nextInt(4);
        }
        long piece = random.nextInt(4) == 0 ? ALL : 1 + random.nextInt(4096);
        var framing = new Framing(apart, (int) piece, gap, direct);
        while (framing.buffers(command) > mostBuffers) {
            piece = Math.min(ALL, 2 * piece);
            framing = framing.pieces((int) piece);
        }
        return framing;
    }

    /** How many buffers the request is cut into. */
    public int buffers(BlkCommand command) {
        return readable(command).length + writable(command).length;
    }

    /** Lengths of the readable buffers. */
    int[] readable(BlkCommand command) {
        return cut(BlkRequest.HEADER_BYTES, true, command.outBytes());
    }

    /** Lengths of the writable buffers. */
    int[] writable(BlkCommand command) {
        return cut(1, false, command.inBytes());
    }

    /** Cuts a run whose edge, at its start or its end, may have to stay apart; no buffer is empty. */
    private int[] cut(int edge, boolean atStart, int rest) {
        int edgePieces = apart ? count(edge) : 0;
        int restBytes = apart ? rest : rest + edge;
        int restPieces = count(restBytes);
        int[] lengths = new int[edgePieces + restPieces];
        fill(lengths, atStart ? 0 : restPieces, edgePieces, edge);
        fill(lengths, atStart ? edgePieces : 0, restPieces, restBytes);
        return lengths;
    }

    private int count(int bytes) {
        return (int) (((long) bytes + piece - 1) / piece);
    }

    private void fill(int[] lengths, int first, int count, int bytes) {
        int left = bytes;
        for (int i = first; i < first + count; i++) {
            lengths[i] = Math.min(piece, left);
            left -= lengths[i];
        }
    }
}
