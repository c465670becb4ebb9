package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Swaps the iovec of a request for one private buffer: filled before a write is passed on, emptied into the driver's
 * memory by {@link #completed}, on the owner's thread. Requests that find no room wait in the order they came.
 */
final class CopyingChannel extends FilterChannel {
    /** In place of a buffer: the request was passed on as it is. */
    private static final int PASSED = -1;

    /** In place of a buffer: ended here, the channel below has not seen the request. */
    private static final int REFUSED = -2;

    private final Completions completions;
    private final int alignment;
    private final BufferPool pool;
    private final MemoryBudget memory;

    /** One entry of {@code struct iovec} a slot: the private buffer. */
    private final long iovecs;

    /** First unit of the slot's buffer, or one of the two above. */
    private final int[] buffers;

    // The driver's iovec, while the request has ours.
    private final long[] driverIov;
    private final int[] driverIovCount;

    /** Slots that wait for a buffer, oldest at {@code waitingFrom}; their requests by slot. */
    private final int[] waiting;

    private final Request[] requests;
    private int waitingFrom;
    private int waitingCount;
    private boolean resuming;

    /**
     * Puts buffers before a channel.
     *
     * @param alignment copies only what is not aligned so, in bytes; 0 for everything
     * @param iovecs address of an array of {@code slots} entries
     * @param memory what pool and array are from; closed with the channel
     */
    CopyingChannel(
            Channel inner,
            int slots,
            Completions completions,
            int alignment,
            BufferPool pool,
            long iovecs,
            MemoryBudget memory) {
        super(inner);
        this.completions = completions;
        this.alignment = alignment;
        this.pool = pool;
        this.iovecs = iovecs;
        this.memory = memory;
        this.buffers = new int[slots];
        this.driverIov = new long[slots];
        this.driverIovCount = new int[slots];
        this.waiting = new int[slots];
        this.requests = new Request[slots];
        Arrays.fill(buffers, PASSED);
    }

    @Override
    public void submit(int slot, Request request) {
        if (!mustCopy(request)) {
            super.submit(slot, request);
        } else if (waitingCount > 0 || !take(slot, request)) {
            requests[slot] = request;
            waiting[(waitingFrom + waitingCount++) % waiting.length] = slot;
        } else {
            try {
                fill(slot, request);
            } catch (InternalError vanished) {
                release(slot, request);
                throw vanished;
            }
            pass(slot, request);
        }
    }

    private boolean mustCopy(Request request) {
        if (request.op != Request.Op.READ && request.op != Request.Op.WRITE) {
            return false;
        }
        if (alignment == 0) {
            return true;
        }
        long bits = 0;
        for (int i = 0; i < request.iovCount; i++) {
            bits |= Iovecs.address(request.iov, i) | Iovecs.length(request.iov, i);
        }
        return (bits & (alignment - 1)) != 0;
    }

    /** Gives the request a private buffer, if there is room. */
    private boolean take(int slot, Request request) {
        int first = pool.take(BufferPool.units(request.length));
        if (first == BufferPool.NONE) {
            return false;
        }
        buffers[slot] = first;
        driverIov[slot] = request.iov;
        driverIovCount[slot] = request.iovCount;
        request.iov = iovecs + (long) slot * Iovecs.BYTES;
        request.iovCount = 1;
        Iovecs.set(request.iov, 0, pool.address(first), request.length);
        return true;
    }

    private void fill(int slot, Request request) {
        if (request.op == Request.Op.WRITE) {
            copy(slot, true);
        }
    }

    private void pass(int slot, Request request) {
        try {
            super.submit(slot, request);
        } catch (RuntimeException | InternalError problem) {
            release(slot, request);
            throw problem;
        }
    }

    @Override
    public int completed(int slot, Request request, int errno) {
        if (buffers[slot] == REFUSED) {
            buffers[slot] = PASSED;
            return errno;
        }
        int result = super.completed(slot, request, errno);
        if (buffers[slot] == PASSED) {
            return result;
        }
        try {
            if (request.op == Request.Op.READ && result == 0) {
                copy(slot, false);
            }
        } finally {
            release(slot, request);
            resume();
        }
        return result;
    }

    /** Restores the request and frees its buffer; does nothing if that was done. */
    private void release(int slot, Request request) {
        if (buffers[slot] >= 0) {
            pool.giveBack(buffers[slot], BufferPool.units(request.length));
            buffers[slot] = PASSED;
            request.iov = driverIov[slot];
            request.iovCount = driverIovCount[slot];
        }
    }

    /** Starts what waited, as far as there is room; what completes meanwhile does not start another round. */
    private void resume() {
        if (resuming || waitingCount == 0) {
            return;
        }
        resuming = true;
        try {
            while (waitingCount > 0) {
                int slot = waiting[waitingFrom];
                var request = requests[slot];
                if (!take(slot, request)) {
                    break;
                }
                waitingFrom = (waitingFrom + 1) % waiting.length;
                waitingCount--;
                startLate(slot, request);
            }
        } finally {
            resuming = false;
        }
        inner().flushSubmissions();
    }

    /** The owner is not submitting this one any more, so vanished memory is told as its errno, not thrown. */
    private void startLate(int slot, Request request) {
        try {
            fill(slot, request);
        } catch (InternalError vanished) {
            release(slot, request);
            buffers[slot] = REFUSED;
            completions.complete(slot, Errno.EFAULT);
            return;
        }
        pass(slot, request);
    }

    private void copy(int slot, boolean in) {
        long buffer = pool.address(buffers[slot]);
        long iov = driverIov[slot];
        for (int i = 0; i < driverIovCount[slot]; i++) {
            long driver = Iovecs.address(iov, i);
            long length = Iovecs.length(iov, i);
            MemorySegment.copy(NativeMemory.ALL, in ? driver : buffer, NativeMemory.ALL, in ? buffer : driver, length);
            buffer += length;
        }
    }

    @Override
    public void close() {
        super.close();
        memory.close();
    }
}
