package io.vduse4j.nbd;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.FlushCoalescer;
import io.vduse4j.block.Limits;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A volume as an export. Requests go to a few workers, platform threads with a {@link io.vduse4j.block.Channel} each, for
 * a backend may do its work where it is submitted; whichever is free takes the next. Flushes of all clients share one of
 * the volume (DU-01). The volume stays the caller's.
 *
 * <p>Block status is what {@link Backend#extent} says. Cache requests do nothing: a volume keeps no cache that they could
 * fill.
 */
public final class BackendExport implements NbdExport, AutoCloseable {
    private static final int PAGE = 4096;

    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

    private final Backend volume;
    private final Limits limits;
    private final FlushCoalescer flushes;
    private final Queue<VolumeTask> tasks = new ConcurrentLinkedQueue<>();
    private final List<VolumeWorker> workers = new ArrayList<>();

    /**
     * Starts the workers of a volume.
     *
     * @param volume open as long as the export
     * @param workers 1 or more; a synchronous backend such as a file serves so many requests at once
     * @throws IOException if the volume has no channel to give
     */
    public BackendExport(Backend volume, int workers) throws IOException {
        if (workers < 1) {
            throw new IllegalArgumentException("workers = " + workers);
        }
        this.volume = volume;
        this.limits = volume.limits();
        this.flushes = new FlushCoalescer(volume);
        try {
            for (int i = 0; i < workers; i++) {
                this.workers.add(new VolumeWorker(volume, "nbd " + volume.describe() + " " + i, tasks, flushes));
            }
        } catch (IOException | RuntimeException failure) {
            try {
                close();
            } catch (IOException second) {
                failure.addSuppressed(second);
            }
            throw failure;
        }
    }

    @Override
    public NbdTraits traits() {
        int preferred = Math.clamp(limits.physicalBlockSize(), PAGE, NbdLimits.MAX_PAYLOAD);
        return new NbdTraits(
                limits.readOnly(),
                true,
                true,
                limits.canDiscard(),
                limits.canWriteZeroes(),
                true,
                true,
                limits.blockSize(),
                preferred);
    }

    @Override
    public long size() {
        return volume.size();
    }

    @Override
    public String description() {
        return volume.describe();
    }

    @Override
    public AtHand atHand() {
        AtHand below = volume.atHand();
        long most = limits.maxTransfer();
        return request -> request.length <= most ? below.now(request) : AtHand.NOT_AT_HAND;
    }

    @Override
    public void read(long offset, MemorySegment into, NbdCompletion done) {
        run(new VolumeTask(VolumeTask.Kind.READ, offset, into.byteSize(), into.address(), false, false, done));
    }

    @Override
    public void write(long offset, MemorySegment from, boolean fua, NbdCompletion done) {
        run(new VolumeTask(VolumeTask.Kind.WRITE, offset, from.byteSize(), from.address(), fua, false, done));
    }

    @Override
    public void flush(NbdCompletion done) {
        run(new VolumeTask(VolumeTask.Kind.FLUSH, 0, 0, 0, false, false, done));
    }

    @Override
    public void trim(long offset, long length, boolean fua, NbdCompletion done) {
        run(new VolumeTask(VolumeTask.Kind.DISCARD, offset, length, 0, fua, false, done));
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap, boolean fua, NbdCompletion done) {
        boolean unmap = mayUnmap && limits.canUnmapZeroes();
        run(new VolumeTask(VolumeTask.Kind.WRITE_ZEROES, offset, length, 0, fua, unmap, done));
    }

    @Override
    public void blockStatus(long offset, long length, NbdExtents extents, NbdCompletion done) {
        run(VolumeTask.status(offset, length, extents, done));
    }

    private void run(VolumeTask task) {
        tasks.add(task);
        for (var worker : workers) {
            if (worker.wakeIfIdle()) {
                return;
            }
        }
    }

    /**
     * Ends the workers. No request may be in flight: the server has removed the export, or has ended.
     *
     * @throws LinuxException ETIMEDOUT if the volume has not completed a request: it must not be closed
     */
    @Override
    public void close() throws LinuxException {
        LinuxException failure = null;
        for (var worker : workers) {
            try {
                worker.close(CLOSE_DEADLINE);
            } catch (LinuxException late) {
                failure = late;
            }
        }
        if (failure != null) {
            throw failure;
        }
        flushes.close(CLOSE_DEADLINE);
    }
}
