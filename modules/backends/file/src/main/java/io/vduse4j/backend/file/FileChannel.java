package io.vduse4j.backend.file;

import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;

/** One worker's way to a file. Reads and writes have ended when {@link #submit} returns. */
final class FileChannel implements Channel {
    private final FileBackend backend;
    private final VectorIo vectors;
    private final Completions completions;
    private final RangeJob[] jobs;
    private final Runnable release;

    /**
     * Prepares one job a slot.
     *
     * @param release gives back what was taken for the channel
     */
    FileChannel(FileBackend backend, VectorIo vectors, int slots, Completions completions, Runnable release) {
        this.backend = backend;
        this.vectors = vectors;
        this.completions = completions;
        this.release = release;
        this.jobs = new RangeJob[slots];
        for (int slot = 0; slot < slots; slot++) {
            jobs[slot] = new RangeJob(backend, slot, completions);
        }
    }

    @Override
    public void submit(int slot, Request request) {
        switch (request.op) {
            case READ -> completions.complete(slot, read(request));
            case WRITE -> completions.complete(slot, write(request));
            case DISCARD, WRITE_ZEROES -> jobs[slot].start(request);
        }
    }

    private int read(Request request) {
        int result = vectors.transfer(request);
        if (result == VectorIo.END_OF_FILE) {
            backend.shrunk();
            return Errno.EIO;
        }
        return result;
    }

    private int write(Request request) {
        if (backend.latch().failed()) {
            return Errno.EIO;
        }
        int errno = vectors.transfer(request);
        if (errno != 0 && request.fua && errno != Errno.EFAULT) {
            // The kernel has told the write-back error to this call, so no later fdatasync will hear of it (DU-05).
            backend.failed("write through", errno);
        }
        return errno;
    }

    @Override
    public void flushSubmissions() {
        // Nothing was gathered.
    }

    @Override
    public void close() {
        release.run();
    }
}
