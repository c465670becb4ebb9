package io.vduse4j.testkit.vhostuser;

import io.vduse4j.block.Backend;
import io.vduse4j.block.FilterBackend;
import java.util.function.LongConsumer;

/** A disk of which only the beginning is shown, until it grows. */
final class GrowingDisk extends FilterBackend {

    private volatile long shown;
    private volatile LongConsumer listener = _ -> {};

    GrowingDisk(Backend whole, long shown) {
        super(whole);
        this.shown = shown;
    }

    void grow(long bytes) {
        shown = bytes;
        listener.accept(bytes);
    }

    @Override
    public long size() {
        return shown;
    }

    @Override
    public void onResize(LongConsumer told) {
        listener = told;
    }
}
