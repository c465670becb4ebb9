package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Fd;
import java.util.List;

/**
 * One request or answer. Whoever has it closes its descriptors.
 *
 * @param op number of an {@link Op}; from a peer, any number of 16 bits
 * @param id which request, or which request is answered
 * @param value the node in a request, the result or a negative errno in an answer
 * @param body what follows the header
 * @param descriptors at most one
 * @param lost whether a descriptor came that this process has no room for (EMFILE)
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Frame(int op, int id, int value, byte[] body, List<Fd> descriptors, boolean lost) {
    private static final byte[] EMPTY = {};

    static Frame of(Op op, int id, int value, byte[] body, List<Fd> descriptors) {
        return new Frame(op.number(), id, value, body, descriptors, false);
    }

    static Frame of(Op op, int id, int value, byte[] body) {
        return of(op, id, value, body, List.of());
    }

    static Frame of(Op op, int id, int value) {
        return of(op, id, value, EMPTY, List.of());
    }

    /** Closes the descriptors that came with it and were not taken. */
    void discard() {
        descriptors.forEach(Fd::close);
    }
}
