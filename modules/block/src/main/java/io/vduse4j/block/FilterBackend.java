package io.vduse4j.block;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * A backend over a backend: passes everything on. A filter overrides what it changes; what it must know of a request it
 * keeps in arrays of its channel, one element a slot.
 */
public abstract class FilterBackend implements Backend {
    private final Backend inner;

    /**
     * Puts a filter over a backend, which now belongs to the filter and is closed with it.
     *
     * @param inner the backend below
     */
    protected FilterBackend(Backend inner) {
        this.inner = Objects.requireNonNull(inner);
    }

    /** Returns the backend below. */
    protected final Backend inner() {
        return inner;
    }

    @Override
    public Limits limits() {
        return inner.limits();
    }

    /** A filter that keeps writes back says otherwise. */
    @Override
    public Durability durability() {
        return inner.durability();
    }

    @Override
    public long size() {
        return inner.size();
    }

    @Override
    public Channel open(int slots, Completions completions) throws IOException {
        return inner.open(slots, completions);
    }

    @Override
    public boolean keepsData() {
        return inner.keepsData();
    }

    @Override
    public Optional<String> lost() {
        return inner.lost();
    }

    @Override
    public void flush() throws IOException {
        inner.flush();
    }

    @Override
    public Extent extent(long offset, long length) throws IOException {
        return inner.extent(offset, length);
    }

    @Override
    public void onResize(LongConsumer listener) {
        inner.onResize(listener);
    }

    @Override
    public void resize(long bytes) throws IOException {
        inner.resize(bytes);
    }

    @Override
    public String describe() {
        return inner.describe();
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }
}
