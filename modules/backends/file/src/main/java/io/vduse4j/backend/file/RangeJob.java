package io.vduse4j.backend.file;

import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import java.io.IOException;

/** A discard or zeroing on the thread aside; preallocated with its slot. */
final class RangeJob implements Runnable {
    private final FileBackend backend;
    private final int slot;
    private final Completions completions;
    private Request request;

    RangeJob(FileBackend backend, int slot, Completions completions) {
        this.backend = backend;
        this.slot = slot;
        this.completions = completions;
    }

    void start(Request toDo) {
        request = toDo;
        backend.aside().execute(this);
    }

    @Override
    public void run() {
        completions.post(slot, execute());
    }

    private int execute() {
        if (backend.latch().failed()) {
            return Errno.EIO;
        }
        if (request.op == Request.Op.DISCARD) {
            return backend.storage().discard(request.offset, request.length);
        }
        int errno = backend.storage().zero(request.offset, request.length, request.unmap);
        if (errno != 0 || !request.fua) {
            return errno;
        }
        try {
            backend.flush();
            return 0;
        } catch (IOException lost) {
            // Told to the driver here and kept by the latch, which has logged it.
            return Errno.EIO;
        }
    }
}
