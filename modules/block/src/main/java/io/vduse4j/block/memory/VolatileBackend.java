package io.vduse4j.block.memory;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import java.util.function.LongConsumer;

/** A backend whose every request is done by the time it was submitted, and that has nothing to make stable. */
abstract class VolatileBackend implements Backend {
    /** Most bytes that are copied while other requests wait: a tenth of a millisecond. */
    private static final long MOST_AT_HAND = 256 << 10;

    private final VolatileSize size;
    private final Limits limits;

    VolatileBackend(VolatileSize size) {
        this.size = size;
        this.limits = size.limits();
    }

    /**
     * Does a request. Several workers may be here at once.
     *
     * @return 0 or the positive errno
     * @throws InternalError if the driver's memory has vanished (J-01)
     */
    abstract int execute(Request request);

    @Override
    public final Limits limits() {
        return limits;
    }

    @Override
    public final long size() {
        return size.bytes();
    }

    @Override
    public Channel open(int slots, Completions completions) {
        return new Channel() {
            @Override
            public void submit(int slot, Request request) {
                completions.complete(slot, execute(request));
            }

            @Override
            public void flushSubmissions() {
                // Nothing was gathered.
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }

    @Override
    public AtHand atHand() {
        return request -> {
            boolean copies = request.op == Request.Op.READ || request.op == Request.Op.WRITE;
            return copies && request.length <= MOST_AT_HAND ? execute(request) : AtHand.NOT_AT_HAND;
        };
    }

    @Override
    public final void flush() {
        // Nothing can be made stable; Limits.isVolatile says so (DU-12).
    }

    @Override
    public final void onResize(LongConsumer listener) {
        // The size never changes.
    }

    @Override
    public final String describe() {
        return size.volume();
    }
}
