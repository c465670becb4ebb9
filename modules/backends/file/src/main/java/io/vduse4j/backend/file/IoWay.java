package io.vduse4j.backend.file;

import io.vduse4j.block.Iovecs;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import java.lang.foreign.Arena;

/**
 * How the reads and writes of a file are done: what is fastest differs by file system. Large reads go to the ring in any
 * case, if there is one. A channel whose owner cannot poll, or a kernel without io_uring, knows only {@link #INLINE}.
 */
enum IoWay {
    /** By system calls of the worker: memory is what the file lies in, and the ring would hand all to other threads. */
    INLINE,

    /**
     * Reads of what is in the page cache, and writes into it while the worker serves no other device, by system calls of
     * the worker; the rest, which may have to wait for the storage, by the ring.
     */
    AT_HAND,

    /** All by the ring: O_DIRECT always waits for the storage. */
    RING;

    /** Chooses for an open file. */
    static IoWay of(Fd fd, boolean direct) {
        if (direct) {
            return RING;
        }
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(1);
            var iovec = arena.allocate(Iovecs.BYTES, 8);
            Iovecs.set(iovec.address(), 0, buffer.address(), 1);
            long result = FileIo.preadvNow(fd, iovec.address(), 1, 0);
            // tmpfs, and network file systems that always wait, cannot tell what is at hand.
            return result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS ? INLINE : AT_HAND;
        }
    }
}
