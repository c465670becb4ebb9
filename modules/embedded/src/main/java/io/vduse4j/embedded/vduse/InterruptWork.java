package io.vduse4j.embedded.vduse;

/** An interrupt to deliver: however often it is asked for before it runs, it runs once (kernel-behaviour 2.3). */
final class InterruptWork {
    private final Runnable body;

    /** Guarded by the {@link InterruptThread}. */
    private boolean queued;

    InterruptWork(Runnable body) {
        this.body = body;
    }

    /** @return whether it was not queued before */
    boolean queue() {
        boolean first = !queued;
        queued = true;
        return first;
    }

    boolean isQueued() {
        return queued;
    }

    void unqueue() {
        queued = false;
    }

    void run() {
        body.run();
    }
}
