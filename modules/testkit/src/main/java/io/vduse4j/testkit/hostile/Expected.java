package io.vduse4j.testkit.hostile;

import io.vduse4j.virtio.Fault;
import java.util.Optional;

/**
 * What must have become of a chain when it is back.
 *
 * @param kind what the driver did
 * @param slot where its buffers lie
 * @param fault what the device must have counted, once
 * @param status the status byte, or {@link #NO_STATUS} if the chain is given back empty
 * @param used the used length
 * @param writeAt offset in the slot of what the device may write, data and status
 * @param writeLength bytes of it; the last is the status byte
 * @param read sectors of the disk that it must have read to there; 0 for none
 * @param sector the first of them
 * @param then changes the model of the disk
 */
record Expected(
        ChainKind kind,
        int slot,
        Optional<Fault> fault,
        int status,
        int used,
        int writeAt,
        int writeLength,
        int read,
        long sector,
        Runnable then) {

    /** The chain is given back with length 0, and nothing was written. */
    static final int NO_STATUS = -1;

    private static final Runnable NOTHING = () -> {};

    /** Given back empty: a fault of the chain, or nowhere to write a status to. */
    static Expected empty(ChainKind kind, int slot, Optional<Fault> fault) {
        return new Expected(kind, slot, fault, NO_STATUS, 0, 0, 0, 0, 0, NOTHING);
    }

    /** Fails with a status: only that counts as written (VS-17). */
    static Expected failed(ChainKind kind, int slot, Optional<Fault> fault, int status, int writeAt, int writeLength) {
        return new Expected(kind, slot, fault, status, 1, writeAt, writeLength, 0, 0, NOTHING);
    }
}
