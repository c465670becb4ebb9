package io.vduse4j.nbd.client;

import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;

/** One worker's way to the server: a job a slot, into the queue of all connections. */
final class NbdChannel implements Channel {
    private final NbdBackend backend;
    private final Completions completions;
    private final Job[] jobs;
    private boolean added;

    NbdChannel(NbdBackend backend, int slots, Completions completions) {
        this.backend = backend;
        this.completions = completions;
        this.jobs = new Job[slots];
        for (int slot = 0; slot < slots; slot++) {
            jobs[slot] = new Job(slot, completions);
        }
    }

    @Override
    public void submit(int slot, Request request) {
        if (backend.refuses(request.op != Request.Op.READ)) {
            completions.complete(slot, Errno.EIO);
            return;
        }
        if (request.length == 0) {
            // The protocol leaves open what a server makes of it.
            completions.complete(slot, 0);
            return;
        }
        boolean moves = request.op == Request.Op.READ || request.op == Request.Op.WRITE;
        // One entry: this channel gets private buffers only.
        long buffer = moves ? Iovecs.address(request.iov, 0) : 0;
        backend.set(jobs[slot], request, buffer);
        backend.queue().add(jobs[slot]);
        added = true;
    }

    @Override
    public void flushSubmissions() {
        if (added) {
            added = false;
            backend.queue().wake();
        }
    }

    @Override
    public void close() {
        // Nothing is in flight, and nothing else is held.
    }
}
