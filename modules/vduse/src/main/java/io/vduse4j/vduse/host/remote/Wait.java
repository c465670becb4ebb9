package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.LinuxException;

/** A poll of a client: body u32 events, s64 milliseconds. Any thread may end it. */
final class Wait {
    private final int node;
    private final int events;
    private final long timeoutMillis;
    private volatile boolean cancelled;

    private Wait(int node, int events, long timeoutMillis) {
        this.node = node;
        this.events = events;
        this.timeoutMillis = timeoutMillis;
    }

    static Wait of(Frame frame) throws LinuxException {
        var body = new BodyReader(frame);
        var wait = new Wait(frame.value(), body.u32(), body.s64());
        body.end();
        return wait;
    }

    int node() {
        return node;
    }

    int events() {
        return events;
    }

    /** Longest wait; 0 only looks, negative waits for ever. */
    long timeoutMillis() {
        return timeoutMillis;
    }

    boolean isCancelled() {
        return cancelled;
    }

    void cancel() {
        cancelled = true;
    }
}
