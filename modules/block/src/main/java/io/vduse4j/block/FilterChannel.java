package io.vduse4j.block;

import java.util.Objects;

/** A channel over a channel: passes everything on. The counterpart of {@link FilterBackend}. */
public abstract class FilterChannel implements Channel {
    private final Channel inner;

    /**
     * Puts a filter over a channel, which now belongs to the filter and is closed with it.
     *
     * @param inner the channel below
     */
    protected FilterChannel(Channel inner) {
        this.inner = Objects.requireNonNull(inner);
    }

    /** Returns the channel below. */
    protected final Channel inner() {
        return inner;
    }

    @Override
    public void submit(int slot, Request request) {
        inner.submit(slot, request);
    }

    @Override
    public void flushSubmissions() {
        inner.flushSubmissions();
    }

    @Override
    public int poll() {
        return inner.poll();
    }

    @Override
    public int completed(int slot, Request request, int errno) {
        return inner.completed(slot, request, errno);
    }

    @Override
    public void close() {
        inner.close();
    }
}
