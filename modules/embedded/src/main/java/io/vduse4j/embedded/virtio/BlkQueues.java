package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The way of requests into the queues of a disk and back. Any thread submits; interrupts come on the device's interrupt
 * thread. Ends once: {@link #end}.
 */
final class BlkQueues {

    /** On a thread that completes futures, and so must not wait for others to be completed. */
    private static final ThreadLocal<Boolean> COMPLETING = ThreadLocal.withInitial(() -> false);

    private final VdpaOps ops;
    private final BlkLimits limits;
    private final List<BlkQueue> queues;
    private final DmaDomain[] domains;
    private final Room room = new Room();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    /** Guarded by this: requests that were failed while the device had them, and still has, until it is reset. */
    private final List<Lost> lost = new ArrayList<>();

    private volatile String reason = "";
    private volatile int endErrno;

    private record Lost(BlkQueue queue, BlkPiece piece) {}

    BlkQueues(VdpaOps ops, BlkLimits limits, List<BlkQueue> queues) {
        this.ops = ops;
        this.limits = limits;
        this.queues = List.copyOf(queues);
        domains = queues.stream().map(queue -> ops.domain(queue.index())).toArray(DmaDomain[]::new);
    }

    /** Done with the reason when {@link #end} was called. */
    CompletableFuture<String> ended() {
        return ended;
    }

    /**
     * Hands a request to the device. If that fails the operation is told; otherwise when the device is done.
     *
     * @param deadline until when to wait for room, in {@link System#nanoTime}
     * @return whether the device has it
     */
    boolean submit(BlkPiece piece, long deadline) {
        piece.operation().begin();
        int errno;
        try {
            errno = trySubmit(piece, deadline);
        } catch (InternalError vanished) {
            end(Errno.EIO, "the memory of a queue vanished");
            errno = Errno.EIO;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            errno = Errno.EINTR;
        } catch (RuntimeException wrongMemory) {
            // The user's: freed, or of another thread.
            piece.operation().end(problem(piece, Errno.EFAULT, wrongMemory.toString()));
            return false;
        }
        if (errno != 0) {
            piece.operation().end(problem(piece, errno, errno == endErrno ? reason : why(errno)));
        }
        return errno == 0;
    }

    private static String why(int errno) {
        return switch (errno) {
            case Errno.ETIMEDOUT -> "no room in the queue or in the bounce buffer: does the daemon serve the device?";
            case Errno.EAGAIN -> "no room, and a completion must not wait: submit from another thread";
            default -> "";
        };
    }

    /** @return 0 or an errno */
    private int trySubmit(BlkPiece piece, long deadline) throws InterruptedException {
        // Consecutive ids on consecutive queues.
        BlkQueue queue = queues.get((int) (Thread.currentThread().threadId() % queues.size()));
        boolean mayWait = !COMPLETING.get();
        if (endErrno != 0) {
            return endErrno;
        }
        // Who comes does not overtake who waits; who cannot wait may.
        if ((!queue.turn().isLocked() || !mayWait) && attempt(queue, piece)) {
            return 0;
        }
        if (!mayWait) {
            return endErrno != 0 ? endErrno : Errno.EAGAIN;
        }
        if (!queue.turn().tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return Errno.ETIMEDOUT;
        }
        try {
            while (true) {
                long mark = room.seen();
                if (endErrno != 0) {
                    return endErrno;
                }
                if (attempt(queue, piece)) {
                    return 0;
                }
                if (!room.await(mark, deadline)) {
                    return Errno.ETIMEDOUT;
                }
            }
        } finally {
            queue.turn().unlock();
        }
    }

    /**
     * Counted in flight before it is looked whether the end has begun: a drain, which begins after the end was said, waits
     * for this or this sees the end.
     *
     * @return whether the device has the request
     */
    private boolean attempt(BlkQueue queue, BlkPiece piece) {
        inFlight.incrementAndGet();
        boolean added = false;
        try {
            added = endErrno == 0 && place(queue, piece);
        } finally {
            if (!added) {
                inFlight.decrementAndGet();
                if (endErrno != 0) {
                    room.changed(); // for the drain
                }
            }
        }
        return added;
    }

    private boolean place(BlkQueue queue, BlkPiece piece) {
        DmaDomain domain = domains[queue.index()];
        int descriptors = piece.descriptors(limits, queue.indirect());
        if (!queue.reserve(descriptors)) {
            return false;
        }
        boolean mapped = false;
        try {
            mapped = piece.map(domain, limits, queue);
        } finally {
            if (!mapped) {
                queue.unreserve(descriptors);
            }
        }
        if (!mapped) {
            return false;
        }
        BlkQueue.Added added = queue.add(piece, descriptors);
        if (added == BlkQueue.Added.CLOSED) {
            piece.release(domain);
            return false;
        }
        if (added == BlkQueue.Added.KICK) {
            ops.kickVq(queue.index());
        }
        return true;
    }

    /** Called when the device has interrupted: takes back what is done. */
    void interrupt(BlkQueue queue) {
        BlkQueue.Harvest harvest = queue.harvest();
        DmaDomain domain = domains[queue.index()];
        int[] errnos = new int[harvest.done().size()];
        String broken = harvest.broken();
        for (int i = 0; i < errnos.length; i++) {
            BlkQueue.Done done = harvest.done().get(i);
            try {
                errnos[i] = done.piece().takeBack(domain, done.usedLength());
            } catch (InternalError vanished) {
                errnos[i] = Errno.EIO;
                broken = "the memory of the bounce buffer vanished";
            }
            inFlight.decrementAndGet();
        }
        if (errnos.length > 0) {
            room.changed();
        }
        for (int i = 0; i < errnos.length; i++) {
            BlkPiece piece = harvest.done().get(i).piece();
            LinuxException wrong = errnos[i] == 0 ? null : problem(piece, errnos[i], "");
            completing(() -> piece.operation().end(wrong));
        }
        if (!broken.isEmpty()) {
            end(Errno.EIO, "the device broke the rules: " + broken);
        }
    }

    /** Runs what completes a future, and with it code of the user. */
    private static void completing(Runnable completion) {
        boolean before = COMPLETING.get();
        COMPLETING.set(true);
        try {
            completion.run();
        } finally {
            COMPLETING.set(before);
        }
    }

    private LinuxException problem(BlkPiece piece, int errno, String detail) {
        return new LinuxException(piece.toString(), ops.name(), errno, detail);
    }

    /** No new requests, with this errno unless an earlier call has said another; those in flight go on. */
    void refuse(int errno, String because) {
        synchronized (this) {
            if (endErrno != 0) {
                return;
            }
            reason = because;
            endErrno = errno;
        }
        room.changed();
        completing(() -> ended.complete(because));
    }

    /**
     * Ends the use of the queues: as {@link #refuse}, and every request that is in flight fails with EIO. The memory in
     * the device's hands stays mapped until {@link #release}.
     */
    void end(int errno, String because) {
        refuse(errno, because);
        List<Lost> left = new ArrayList<>();
        for (BlkQueue queue : queues) {
            queue.close().forEach(piece -> left.add(new Lost(queue, piece)));
        }
        synchronized (this) {
            lost.addAll(left);
        }
        inFlight.addAndGet(-left.size());
        room.changed();
        left.forEach(one -> completing(() -> one.piece().operation().end(problem(one.piece(), Errno.EIO, because))));
    }

    /** Waits until nothing is in flight. @return false if that has not come about */
    boolean drain(long deadline) {
        try {
            while (true) {
                long mark = room.seen();
                if (inFlight.get() == 0) {
                    return true;
                }
                if (!room.await(mark, deadline)) {
                    return inFlight.get() == 0;
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Unmaps what the device had when the end came; it must have been reset. */
    void release() {
        List<Lost> all;
        synchronized (this) {
            all = List.copyOf(lost);
            lost.clear();
        }
        for (Lost one : all) {
            one.piece().release(domains[one.queue().index()]);
        }
    }
}
