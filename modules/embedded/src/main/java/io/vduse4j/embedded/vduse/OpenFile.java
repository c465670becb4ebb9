package io.vduse4j.embedded.vduse;

/** What a wait of an open node must look at besides its events. Guarded by the lock of the {@link MessageQueue}. */
final class OpenFile {
    private boolean woken;
    private boolean closed;

    void wake() {
        woken = true;
    }

    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    boolean isWoken() {
        return woken;
    }

    /** The wake-up belongs to the wait that has seen it. */
    void consumeWake() {
        woken = false;
    }
}
