package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import java.nio.ByteBuffer;

/** Collects what an {@link NbdExport} knows about a range, up to what one reply takes. */
public final class NbdExtents {
    /** Extents of one reply: few enough for one buffer, many enough that a client rarely asks again. */
    static final int MOST = 256;

    private static final int EXTENT_BYTES = 8;

    private final long length;
    private final int most;
    private final long[] lengths;
    private final int[] flags;
    private int count;
    private long covered;

    /**
     * Collects for one request.
     *
     * @param length of the range in bytes
     * @param one whether the client wants a single extent
     */
    NbdExtents(long length, boolean one) {
        this.length = length;
        this.most = one ? 1 : MOST;
        this.lengths = new long[most];
        this.flags = new int[most];
    }

    /**
     * Adds the extent that follows. It is joined to the one before if they are alike, and cut at the end of the range.
     *
     * @param bytes its length, more than 0
     * @param hole no space is allocated
     * @param zero it reads as zeroes
     * @return whether there is more to say: the range goes on, and the reply has room
     */
    public boolean add(long bytes, boolean hole, boolean zero) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("an extent of " + bytes + " bytes");
        }
        int kind = (hole ? Nbd.Allocation.HOLE : 0) | (zero ? Nbd.Allocation.ZERO : 0);
        long taken = Math.min(bytes, length - covered);
        if (taken == 0) {
            return false;
        }
        if (count > 0 && flags[count - 1] == kind) {
            lengths[count - 1] += taken;
        } else if (count == most) {
            return false;
        } else {
            lengths[count] = taken;
            flags[count++] = kind;
        }
        covered += taken;
        return covered < length;
    }

    /** Whether nothing was said, which is no answer. */
    boolean isEmpty() {
        return count == 0;
    }

    /** Size of all of them in a reply. */
    int bytes() {
        return count * EXTENT_BYTES;
    }

    /** Writes them as a reply has them. */
    void put(ByteBuffer out) {
        for (int i = 0; i < count; i++) {
            out.putInt((int) lengths[i]).putInt(flags[i]);
        }
    }
}
