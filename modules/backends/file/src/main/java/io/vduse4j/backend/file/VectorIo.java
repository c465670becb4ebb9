package io.vduse4j.backend.file;

import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;

/**
 * Whole reads and writes out of system calls that may do less (DU-06): at most IOV_MAX entries and 2 GiB at once, and
 * as much as they like. One thread's own; allocates nothing.
 */
final class VectorIo {
    /** A call that would wait is repeated, as one that a signal interrupts is below; so often in a row, it is an error. */
    private static final int MOST_REPEATS = 64;

    /** Not an errno: the file ends before the range does. */
    static final int END_OF_FILE = -1;

    private final Fd fd;

    /** One private entry of {@code struct iovec}, for the rest of a piece. */
    private final long rest;

    /**
     * Prepares for a file.
     *
     * @param rest address of {@link Iovecs#BYTES} bytes
     */
    VectorIo(Fd fd, long rest) {
        this.fd = fd;
        this.rest = rest;
    }

    /**
     * Does a READ or WRITE to its end. RWF_DSYNC is part of pwritev2 since Linux 4.7, for every file system, so there is
     * no other way to write through.
     *
     * @return 0, the positive errno, or {@link #END_OF_FILE} for a read
     */
    int transfer(Request request) {
        boolean write = request.op == Request.Op.WRITE;
        int flags = write && request.fua ? FileIo.RWF_DSYNC : 0;
        long offset = request.offset;
        int index = 0;
        while (index < request.iovCount) {
            int count = Math.min(request.iovCount - index, FileIo.IOV_MAX);
            long group = request.iov + (long) index * Iovecs.BYTES;
            long done = once(write, group, count, offset, flags);
            if (done <= 0) {
                return ended(done, write);
            }
            offset += done;
            // Past the pieces that are done; one that was begun is brought to its end by itself.
            int end = index + count;
            while (index < end && done >= Iovecs.length(request.iov, index)) {
                done -= Iovecs.length(request.iov, index++);
            }
            if (index < end && done > 0) {
                long address = Iovecs.address(request.iov, index) + done;
                long length = Iovecs.length(request.iov, index) - done;
                int errno = finish(write, address, length, offset, flags);
                if (errno != 0) {
                    return errno;
                }
                offset += length;
                index++;
            }
        }
        return 0;
    }

    /**
     * Does a READ if all of it is in the page cache, or fails otherwise than by waiting. Any thread may call.
     *
     * @return 0, the positive errno, or {@link Transfers#WOULD_WAIT}: also where the file ends within the range
     */
    int readNow(Request request) {
        if (request.iovCount > FileIo.IOV_MAX) {
            return Transfers.WOULD_WAIT;
        }
        long done = FileIo.preadvNow(fd, request.iov, request.iovCount, request.offset);
        if (done == request.length) {
            return 0;
        }
        return done >= 0 || done == -Errno.EAGAIN ? Transfers.WOULD_WAIT : (int) -done;
    }

    private int finish(boolean write, long address, long length, long offset, int flags) {
        long from = 0;
        while (from < length) {
            Iovecs.set(rest, 0, address + from, length - from);
            long done = once(write, rest, 1, offset + from, flags);
            if (done <= 0) {
                return ended(done, write);
            }
            from += done;
        }
        return 0;
    }

    private long once(boolean write, long iov, int count, long offset, int flags) {
        long result;
        int repeats = 0;
        do {
            result = write ? FileIo.pwritev(fd, iov, count, offset, flags) : FileIo.preadv(fd, iov, count, offset);
        } while (result == -Errno.EAGAIN && ++repeats < MOST_REPEATS);
        return result;
    }

    private static int ended(long result, boolean write) {
        if (result < 0) {
            return (int) -result;
        }
        return write ? Errno.EIO : END_OF_FILE;
    }
}
