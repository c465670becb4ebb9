package io.vduse4j.daemon;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.FilterBackend;
import io.vduse4j.block.FilterChannel;
import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * What one export has of a volume that others may have, too. Closing it gives back only this export's part. One that may
 * only read offers nothing else, and refuses it should somebody ask nevertheless.
 */
final class VolumeView extends FilterBackend {
    /** Gives a view back. */
    interface Release {
        void release(VolumeView view) throws IOException;
    }

    private final boolean readOnly;
    private final Limits limits;
    private final Release release;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile LongConsumer listener = _ -> {};

    /**
     * Makes a view.
     *
     * @param volume stays its owner's
     * @param readOnly whether nothing but reading is allowed
     * @param release runs once, when the view is closed
     */
    VolumeView(Backend volume, boolean readOnly, Release release) {
        super(volume);
        this.readOnly = readOnly;
        this.limits = readOnly ? volume.limits().forReading() : volume.limits();
        this.release = release;
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Channel open(int slots, Completions completions) throws IOException {
        var channel = inner().open(slots, completions);
        return readOnly ? new Reading(channel, completions) : channel;
    }

    /** Who only reads has nothing to make stable, and must not flush beside the writer: one thread at a time (DU-01). */
    @Override
    public void flush() throws IOException {
        if (!readOnly) {
            super.flush();
        }
    }

    @Override
    public AtHand atHand() {
        AtHand below = inner().atHand();
        return readOnly ? request -> request.op == Request.Op.READ ? below.now(request) : AtHand.NOT_AT_HAND : below;
    }

    @Override
    public void onResize(LongConsumer newListener) {
        listener = newListener;
    }

    /** The volume has grown. */
    void resized(long bytes) {
        listener.accept(bytes);
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            release.release(this);
        }
    }

    /** Passes reads on. */
    private static final class Reading extends FilterChannel {
        private final Completions completions;

        Reading(Channel channel, Completions completions) {
            super(channel);
            this.completions = completions;
        }

        @Override
        public void submit(int slot, Request request) {
            if (request.op == Request.Op.READ) {
                super.submit(slot, request);
            } else {
                completions.complete(slot, Errno.EROFS);
            }
        }
    }
}
