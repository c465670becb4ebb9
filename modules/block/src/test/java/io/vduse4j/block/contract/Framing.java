package io.vduse4j.block.contract;

import io.vduse4j.block.Iovecs;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** How the bytes of a request lie in guest memory: pieces with gaps between them, which nobody may touch. */
final class Framing {
    static final byte POISON = (byte) 0xa5;

    private static final int MAX_GAP = 64;

    private record Piece(int offset, int length) {}

    private final MemorySegment region;
    private final List<Piece> pieces;

    private Framing(MemorySegment region, List<Piece> pieces) {
        this.region = region;
        this.pieces = pieces;
    }

    /** How large a region must be for a request of {@code length} bytes in at most {@code count} pieces. */
    static int regionSize(int length, int count) {
        return length + (count + 1) * MAX_GAP + 4096;
    }

    /** One piece at the beginning of the region. */
    static Framing whole(MemorySegment region, int length) {
        return new Framing(region, List.of(new Piece(0, length)));
    }

    /** Pieces of whole blocks, on block borders, one after the other. */
    static Framing blocks(MemorySegment region, int length, int blockSize, RandomGenerator random) {
        var pieces = new ArrayList<Piece>();
        for (int at = 0; at < length; ) {
            int blocks = 1 + random.nextInt(Math.min(8, (length - at) / blockSize));
            pieces.add(new Piece(at, blocks * blockSize));
            at += blocks * blockSize;
        }
        return new Framing(region, pieces);
    }

    /** So many pieces of any size, at least one byte each, anywhere. */
    static Framing scattered(MemorySegment region, int length, int count, RandomGenerator random) {
        var cuts = random.ints(0, length - count + 1).limit(count - 1L).sorted().toArray();
        var pieces = new ArrayList<Piece>();
        int address = random.nextInt(MAX_GAP);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = i == count - 1 ? length : cuts[i] + i + 1;
            pieces.add(new Piece(address, to - from));
            address += to - from + random.nextInt(MAX_GAP);
            from = to;
        }
        return new Framing(region, pieces);
    }

    int count() {
        return pieces.size();
    }

    /** Writes the array of {@code struct iovec}. */
    void describe(long iov) {
        for (int i = 0; i < pieces.size(); i++) {
            Iovecs.set(iov, i, region.address() + pieces.get(i).offset, pieces.get(i).length);
        }
    }

    /** Fills pieces and gaps with poison. */
    void poison() {
        region.fill(POISON);
    }

    /** Puts the bytes of a request into the pieces. */
    void put(byte[] bytes) {
        int from = 0;
        for (var piece : pieces) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), from, region, piece.offset, piece.length);
            from += piece.length;
        }
    }

    /** Returns the bytes of a request from the pieces. */
    byte[] get() {
        var bytes = new byte[pieces.stream().mapToInt(Piece::length).sum()];
        int to = 0;
        for (var piece : pieces) {
            MemorySegment.copy(region, piece.offset, MemorySegment.ofArray(bytes), to, piece.length);
            to += piece.length;
        }
        return bytes;
    }

    /** Tells whether the gaps still hold the poison. */
    boolean gapsAreUntouched() {
        var bytes = region.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        for (var piece : pieces) {
            Arrays.fill(bytes, piece.offset, piece.offset + piece.length, POISON);
        }
        for (byte value : bytes) {
            if (value != POISON) {
                return false;
            }
        }
        return true;
    }
}
