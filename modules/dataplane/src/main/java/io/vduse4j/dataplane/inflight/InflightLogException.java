package io.vduse4j.dataplane.inflight;

import java.io.Serial;

/** A log says what cannot be. Nothing is done again by it: its queue stays broken until the driver resets it (CR-02). */
public final class InflightLogException extends Exception {

    @Serial
    private static final long serialVersionUID = 1;

    /** Says what is wrong with it. */
    public InflightLogException(String message) {
        super(message);
    }
}
