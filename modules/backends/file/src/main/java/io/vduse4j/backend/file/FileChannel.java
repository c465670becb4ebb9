package io.vduse4j.backend.file;

import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.IoRing;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * One worker's way to a file. What is at hand is read inline, and so is what the page cache takes in; what has to wait for
 * the storage goes to the ring. Whatever ends there otherwise than whole is done again on the thread aside (DU-06).
 */
final class FileChannel implements Channel, IoRing.Ended {
    /**
     * Reads of so many bytes and more are copied aside, several at once: to hand one over costs 5 to 10 µs, to copy 256
     * KiB takes 50 and more, for which the worker would answer nothing.
     */
    static final int LARGE = 256 << 10;

    private final FileBackend backend;
    private final Transfers transfers;
    private final IoWay way;
    private final Optional<IoRing> ring;
    private final Completions completions;
    private final AsideJob[] jobs;
    private final Request[] withKernel;
    private final LongConsumer again = this::again;
    private final Runnable release;

    /**
     * Prepares one job a slot.
     *
     * @param transfers the owner's own
     * @param ring there unless the way is {@link IoWay#INLINE}; the channel's now
     * @param release gives back what was taken for the channel
     */
    FileChannel(
            FileBackend backend,
            Transfers transfers,
            IoWay way,
            Optional<IoRing> ring,
            int slots,
            Completions completions,
            Runnable release) {
        this.backend = backend;
        this.transfers = transfers;
        this.way = way;
        this.ring = ring;
        this.completions = completions;
        this.release = release;
        this.withKernel = new Request[slots];
        this.jobs = new AsideJob[slots];
        for (int slot = 0; slot < slots; slot++) {
            jobs[slot] = new AsideJob(backend, slot, completions);
        }
    }

    @Override
    public void submit(int slot, Request request) {
        switch (request.op) {
            case READ -> read(slot, request);
            case WRITE -> write(slot, request);
            case DISCARD, WRITE_ZEROES -> jobs[slot].start(request);
        }
    }

    private void read(int slot, Request request) {
        boolean aside = request.length >= LARGE && way != IoWay.RING && ring.isPresent();
        int result = aside
                ? Transfers.WOULD_WAIT
                : switch (way) {
                    case INLINE -> transfers.run(request);
                    case AT_HAND -> transfers.runNow(request);
                    case RING -> Transfers.WOULD_WAIT;
                };
        if (result == Transfers.WOULD_WAIT) {
            toRing(slot, request, aside);
        } else {
            completions.complete(slot, result);
        }
    }

    private void write(int slot, Request request) {
        // The kernel lets a writer wait, for seconds if need be, when the storage does not keep up with the page cache.
        boolean inline = way == IoWay.INLINE || (way == IoWay.AT_HAND && !request.fua && completions.mayBlock());
        if (inline) {
            completions.complete(slot, transfers.run(request));
        } else if (backend.latch().failed()) {
            completions.complete(slot, Errno.EIO);
        } else {
            toRing(slot, request, false);
        }
    }

    private void toRing(int slot, Request request, boolean aside) {
        withKernel[slot] = request;
        if (request.iovCount > FileIo.IOV_MAX || !put(ring.orElseThrow(), slot, request, aside)) {
            again(slot);
        }
    }

    private static boolean put(IoRing to, int slot, Request request, boolean aside) {
        if (request.op == Request.Op.WRITE) {
            int flags = request.fua ? FileIo.RWF_DSYNC : 0;
            return to.writev(request.iov, request.iovCount, request.offset, flags, slot);
        }
        return aside
                ? to.readvAside(request.iov, request.iovCount, request.offset, slot)
                : to.readv(request.iov, request.iovCount, request.offset, slot);
    }

    private void again(long slot) {
        jobs[(int) slot].start(withKernel[(int) slot]);
    }

    @Override
    public void flushSubmissions() {
        if (ring.isPresent()) {
            ring.get().submit(again);
        }
    }

    @Override
    public int poll() {
        return ring.isPresent() ? ring.get().reap(this) : 0;
    }

    @Override
    public void ended(long data, int result) {
        int slot = (int) data;
        var request = withKernel[slot];
        if (result == request.length) {
            completions.complete(slot, 0);
        } else if (result >= 0 || result == -Errno.EAGAIN || result == -Errno.EINTR) {
            again(slot);
        } else {
            int errno = -result;
            completions.complete(slot, request.op == Request.Op.WRITE ? transfers.written(request, errno) : errno);
        }
    }

    @Override
    public void close() {
        ring.ifPresent(IoRing::close);
        release.run();
    }
}
