package io.vduse4j.guest;

import io.vduse4j.block.Backend;
import io.vduse4j.block.FilterBackend;

/** A backend whose flush does nothing, as that of a disk that lies: what checks durability must notice it. */
final class NoFlush extends FilterBackend {
    NoFlush(Backend inner) {
        super(inner);
    }

    @Override
    public void flush() {
        // The sin.
    }
}
