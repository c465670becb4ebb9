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
     * @param ring there for any way but {@link IoWay#INLINE}; the channel's now
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
        int result = switch (way) {
            case INLINE -> transfers.run(request);
            case AT_HAND -> transfers.runNow(request);
            case RING -> Transfers.WOULD_WAIT;
        };
        if (result == Transfers.WOULD_WAIT) {
            toRing(slot, request);
        } else {
            completions.complete(slot, result);
        }
    }

    private void write(int slot, Request request) {
        boolean inline = way == IoWay.INLINE || (way == IoWay.AT_HAND && !request.fua);
        if (inline) {
            completions.complete(slot, transfers.run(request));
        } else if (backend.latch().failed()) {
            completions.complete(slot, Errno.EIO);
        } else {
            toRing(slot, request);
        }
    }

    private void toRing(int slot, Request request) {
        withKernel[slot] = request;
        var to = ring.orElseThrow();
        int flags = request.fua ? FileIo.RWF_DSYNC : 0;
        boolean taken = request.iovCount <= FileIo.IOV_MAX
                && (request.op == Request.Op.READ
                        ? to.readv(request.iov, request.iovCount, request.offset, slot)
                        : to.writev(request.iov, request.iovCount, request.offset, flags, slot));
        if (!taken) {
            again(slot);
        }
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
