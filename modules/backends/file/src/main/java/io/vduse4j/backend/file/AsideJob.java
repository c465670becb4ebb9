package io.vduse4j.backend.file;

import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import java.io.IOException;

/** A request that may take long, on the thread aside; preallocated with its slot. */
final class AsideJob implements Runnable {
    private final FileBackend backend;
    private final int slot;
    private final Completions completions;
    private Request request;

    AsideJob(FileBackend backend, int slot, Completions completions) {
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
        return switch (request.op) {
            case READ, WRITE -> backend.transfersAside().run(request);
            case DISCARD -> backend.latch().failed() ? Errno.EIO : discard();
            case WRITE_ZEROES -> backend.latch().failed() ? Errno.EIO : zero();
        };
    }

    private int discard() {
        return backend.storage().discard(request.offset, request.length);
    }

    private int zero() {
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
