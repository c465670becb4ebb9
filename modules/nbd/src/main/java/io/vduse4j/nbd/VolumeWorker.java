package io.vduse4j.nbd;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.FlushCoalescer;
import io.vduse4j.block.FlushPort;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Limits;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** One thread that takes tasks and brings them to the volume, through a channel of its own. */
final class VolumeWorker {
    private static final System.Logger LOG = System.getLogger(VolumeWorker.class.getPackageName());

    /** Tasks that a worker has under way: more than enough to keep an asynchronous backend busy. */
    private static final int SLOTS = 64;

    private record Ended(int slot, int errno) {}

    private final Backend volume;
    private final Queue<VolumeTask> tasks;
    private final MemoryBudget memory;
    private final Channel channel;
    private final FlushPort flushes;
    private final VolumeSlot[] slots = new VolumeSlot[SLOTS];
    private final ArrayDeque<VolumeSlot> free = new ArrayDeque<>();

    /** What ended on this thread and on others, to be looked at in turn: never from within a submit. */
    private final Queue<Ended> here = new ArrayDeque<>();

    private final Queue<Ended> elsewhere = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean idle = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closing;

    /**
     * Opens a channel and starts.
     *
     * @param tasks shared by all workers of the volume
     * @throws IOException if the volume has no channel to give
     */
    VolumeWorker(Backend volume, String name, Queue<VolumeTask> tasks, FlushCoalescer coalescer) throws IOException {
        this.volume = volume;
        this.tasks = tasks;
        this.memory = MemoryBudget.process().child(name, (long) SLOTS * Iovecs.BYTES);
        var completions = new Completions() {
            @Override
            public void complete(int slot, int errno) {
                here.add(new Ended(slot, errno));
            }

            @Override
            public void post(int slot, int errno) {
                elsewhere.add(new Ended(slot, errno));
                wakeIfIdle();
            }
        };
        try {
            long iovecs = memory.allocate((long) SLOTS * Iovecs.BYTES, 16).address();
            Limits limits = volume.limits();
            for (int i = 0; i < SLOTS; i++) {
                slots[i] = new VolumeSlot(i, limits, iovecs + (long) i * Iovecs.BYTES);
                free.add(slots[i]);
            }
            this.channel = volume.open(SLOTS, completions);
        } catch (IOException | RuntimeException failure) {
            memory.close();
            throw failure;
        }
        this.flushes = coalescer.open(SLOTS, completions);
        this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /** Wakes the worker if it sleeps; whether it did. Any thread. */
    boolean wakeIfIdle() {
        if (idle.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
            return true;
        }
        return false;
    }

    private void run() {
        while (!closing || free.size() < SLOTS) {
            finish(elsewhere);
            boolean begun = begin();
            finish(here);
            channel.flushSubmissions();
            if (!begun && here.isEmpty()) {
                sleep();
            }
        }
        flushes.close();
        channel.close();
        memory.close();
    }

    private void sleep() {
        idle.set(true);
        // Looked at once more: what came before the flag was seen here, what comes after it wakes.
        if (elsewhere.isEmpty() && (tasks.isEmpty() || free.isEmpty()) && !closing) {
            LockSupport.park(this);
        }
        idle.set(false);
    }

    /** Begins tasks while there are slots, up to a batch; whether it did. */
    private boolean begin() {
        boolean begun = false;
        while (!free.isEmpty() && here.isEmpty()) {
            var task = tasks.poll();
            if (task == null) {
                break;
            }
            begun = true;
            var slot = free.pop();
            slot.begin(task);
            step(slot);
        }
        return begun;
    }

    private void step(VolumeSlot slot) {
        switch (slot.next()) {
            case REQUEST -> submit(slot);
            case FLUSH -> flushes.request(slot.number);
            case STATUS -> end(slot, status(slot.task()));
            case DONE -> end(slot, 0);
        }
    }

    private void submit(VolumeSlot slot) {
        try {
            channel.submit(slot.number, slot.request);
        } catch (RuntimeException | InternalError fault) {
            LOG.log(System.Logger.Level.WARNING, thread.getName() + ": a request was refused by a fault", fault);
            end(slot, Errno.EIO);
        }
    }

    /** Asked on this thread, which may block (J-08): the workers beside it go on meanwhile. */
    private int status(VolumeTask task) {
        var extents = task.extents().orElseThrow();
        long end = task.offset() + task.length();
        try {
            boolean more = true;
            for (long at = task.offset(); more; ) {
                var extent = volume.extent(at, end - at);
                more = extents.add(extent.length(), extent.hole(), extent.zero());
                at += extent.length();
            }
            return 0;
        } catch (LinuxException refused) {
            LOG.log(System.Logger.Level.DEBUG, thread.getName() + ": no status", refused);
            return refused.errno();
        } catch (IOException | RuntimeException fault) {
            LOG.log(System.Logger.Level.WARNING, thread.getName() + ": a status was refused by a fault", fault);
            return Errno.EIO;
        }
    }

    private void finish(Queue<Ended> ended) {
        for (var one = ended.poll(); one != null; one = ended.poll()) {
            var slot = slots[one.slot];
            int errno = slot.isFlushing() ? one.errno : completed(slot, one.errno);
            if (errno != 0) {
                end(slot, errno);
            } else {
                step(slot);
            }
        }
    }

    private int completed(VolumeSlot slot, int errno) {
        try {
            return channel.completed(slot.number, slot.request, errno);
        } catch (InternalError vanished) {
            return Errno.EFAULT;
        }
    }

    private void end(VolumeSlot slot, int errno) {
        var done = slot.end();
        free.push(slot);
        done.completed(errno);
    }

    /**
     * Ends the thread once nothing is in flight.
     *
     * @throws LinuxException ETIMEDOUT if something still is then
     */
    void close(Duration deadline) throws LinuxException {
        closing = true;
        LockSupport.unpark(thread);
        boolean ended = false;
        try {
            ended = thread.join(deadline);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            throw new LinuxException("close", thread.getName(), Errno.ETIMEDOUT, "a request is still running");
        }
    }
}
