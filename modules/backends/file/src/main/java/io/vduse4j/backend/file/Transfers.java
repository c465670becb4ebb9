package io.vduse4j.backend.file;

import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;

/** Whole reads and writes of a volume on one thread, which may be made to wait, and what their results mean to the volume. */
final class Transfers {
    /** Not an errno: it would have to wait, or only a part is at hand. */
    static final int WOULD_WAIT = -2;

    private final FileBackend backend;
    private final VectorIo vectors;

    /**
     * Prepares for a thread.
     *
     * @param vectors the thread's own
     */
    Transfers(FileBackend backend, VectorIo vectors) {
        this.backend = backend;
        this.vectors = vectors;
    }

    /** Does a READ or WRITE to its end; returns 0 or the positive errno. */
    int run(Request request) {
        boolean write = request.op == Request.Op.WRITE;
        if (write && backend.latch().failed()) {
            return Errno.EIO;
        }
        int result = vectors.transfer(request);
        if (result == VectorIo.END_OF_FILE) {
            backend.shrunk();
            return Errno.EIO;
        }
        return write ? written(request, result) : result;
    }

    /** Does a READ if all of it is at hand; returns 0, the positive errno, or {@link #WOULD_WAIT}. Any thread may call. */
    int runNow(Request request) {
        return vectors.readNow(request);
    }

    /** What a write that ended with an errno, or 0, is to end with. */
    int written(Request request, int errno) {
        if (errno != 0 && request.fua && errno != Errno.EFAULT) {
            // The kernel has told the write-back error to this call, so no later fdatasync will hear of it (DU-05).
            backend.failed("write through", errno);
        }
        return errno;
    }
}
