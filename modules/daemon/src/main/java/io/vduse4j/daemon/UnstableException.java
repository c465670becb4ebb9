package io.vduse4j.daemon;

import java.io.IOException;

/** A disk has been closed and has given everything back, but what was written to it last could not be made stable. */
public final class UnstableException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * Says so.
     *
     * @param cause why not
     */
    public UnstableException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
