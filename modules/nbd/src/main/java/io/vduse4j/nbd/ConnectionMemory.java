package io.vduse4j.nbd;

import java.time.Duration;
import java.util.Optional;

/** The part of the server's payload memory that one connection has in flight. One thread's own. */
final class ConnectionMemory {
    private final PayloadMemory memory;
    private final long most;
    private long held;

    /**
     * Has nothing yet.
     *
     * @param most bytes, in pieces
     */
    ConnectionMemory(PayloadMemory memory, long most) {
        this.memory = memory;
        this.most = most;
    }

    /** Whether this connection may have a piece for so many bytes now; nothing else can hold it up for ever. */
    boolean mayHave(int bytes) {
        return held + PayloadMemory.pieceBytes(bytes) <= most;
    }

    /** As {@link PayloadMemory#take}. */
    Optional<Payload> take(int bytes, Duration patience) throws InterruptedException {
        var piece = memory.take(bytes, patience);
        held += piece.isPresent() ? PayloadMemory.pieceBytes(bytes) : 0;
        return piece;
    }

    /** Gives a piece back, which nobody uses any more. */
    void giveBack(Payload piece) {
        held -= piece.memory().byteSize();
        memory.giveBack(piece);
    }
}
