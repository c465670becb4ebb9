package io.vduse4j.nbd.client;

import io.vduse4j.block.Limits;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Transmission;

/**
 * An export as its server describes it.
 *
 * @param size in bytes
 * @param flags transmission flags
 * @param minimumBlock unit of offsets and lengths in bytes; 1 where the server says nothing
 * @param preferredBlock unit that is not slow, in bytes
 * @param maximumPayload longest read and write in bytes
 */
record ServerExport(long size, int flags, long minimumBlock, long preferredBlock, long maximumPayload) {
    private static final int SECTOR = 512;
    private static final int PAGE = 4096;
    private static final long MOST_PHYSICAL = 1 << 20;

    /** One request shall not keep a server, and so everything behind it, for long. */
    private static final long MAX_ZEROES = 64 << 20;

    /** Where the server does not speak of block sizes. */
    ServerExport(long size, int flags) {
        this(size, flags, 1, PAGE, Nbd.DEFAULT_MAX_PAYLOAD);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * Says what is wrong with the numbers, which are the server's; empty if nothing is.
     *
     * @param blockSize of the volume
     */
    String fault(int blockSize) {
        if (size < 0) {
            return "a size of more than 63 bits";
        }
        if (Long.bitCount(minimumBlock) != 1 || Long.bitCount(preferredBlock) != 1) {
            return "block sizes that are no powers of two: " + minimumBlock + ", " + preferredBlock;
        }
        if (minimumBlock > blockSize) {
            return "its smallest block, " + minimumBlock + " bytes, is larger than the volume's, " + blockSize;
        }
        if (maximumPayload < blockSize) {
            return "its longest request, " + maximumPayload + " bytes, is shorter than a block of " + blockSize;
        }
        return "";
    }

    /** The block of a volume whose user asked for none. */
    int usualBlock() {
        return Math.clamp(minimumBlock, SECTOR, PAGE);
    }

    /** What a volume on it can do. */
    Limits limits(int blockSize, boolean readOnly) {
        long preferred = Math.clamp(preferredBlock, blockSize, MOST_PHYSICAL);
        boolean discards = !readOnly && has(Transmission.SEND_TRIM);
        boolean zeroes = !readOnly && has(Transmission.SEND_WRITE_ZEROES);
        long most = Math.min(maximumPayload, Nbd.DEFAULT_MAX_PAYLOAD);
        return new Limits(
                blockSize,
                (int) preferred,
                most - most % blockSize,
                readOnly,
                discards,
                discards ? (int) preferred : 0,
                zeroes,
                zeroes,
                discards || zeroes ? MAX_ZEROES : 0,
                // A server without FLUSH promises nothing (DU-11).
                !has(Transmission.SEND_FLUSH),
                true);
    }

    /**
     * Says why this, found after connecting anew, cannot be what was there before; empty if it can.
     *
     * @param before as it was first
     * @param limits of the volume
     * @param volumeSize of the volume in bytes
     */
    String differsFrom(ServerExport before, Limits limits, long volumeSize) {
        int needed = Transmission.SEND_FLUSH | Transmission.SEND_FUA | Transmission.SEND_TRIM;
        needed |= Transmission.SEND_WRITE_ZEROES | Transmission.CAN_MULTI_CONN;
        if (!limits.readOnly() && (before.flags & needed & ~flags) != 0) {
            return "it can do less than before";
        }
        if (!limits.readOnly() && has(Transmission.READ_ONLY)) {
            return "it is read-only now";
        }
        if (size < volumeSize) {
            return "it has shrunk from " + volumeSize + " to " + size + " bytes";
        }
        if (maximumPayload < limits.maxTransfer()) {
            return "its longest request is " + maximumPayload + " bytes now";
        }
        return fault(limits.blockSize());
    }
}
