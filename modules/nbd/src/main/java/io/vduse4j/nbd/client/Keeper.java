package io.vduse4j.nbd.client;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.wire.Nbd.Transmission;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the connections of a volume: connects anew what was lost, ends those whose server is silent, and, when the server
 * has been gone for too long, lets requests fail until it is back. A platform thread, as it looks names up.
 */
final class Keeper implements Link.Owner, AutoCloseable {
    /** What a keeper must know of its volume, and tell it. */
    interface Volume {
        /** Says why an export that was found anew cannot be what was there before; empty if it can. */
        String fault(ServerExport before, ServerExport now);

        /** An export was found anew, and accepted: with this size in bytes. */
        void found(long size);

        /** What was to be stable is not (DU-05). */
        void durabilityLost(int errno);
    }

    private static final System.Logger LOG = System.getLogger(Keeper.class.getPackageName());

    /** Between two looks while all is well, and while something is missing. */
    private static final Duration CALM = Duration.ofSeconds(1);

    private static final Duration BUSY = Duration.ofMillis(100);

    /** One attempt to connect; and the longest pause after one that failed. */
    private static final Duration ATTEMPT = Duration.ofSeconds(5);

    private static final Duration MOST_PAUSE = Duration.ofSeconds(2);

    /** Connections that may break under a request: one that kills its server each time ends then (CR-13). */
    private static final int MOST_TRIES = 10;

    /** Between two lines about the same: a server that drops every connection is tried again all the time. */
    private static final Duration QUIET = Duration.ofSeconds(10);

    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

    private final NbdAddress address;
    private final Connector connector;
    private final ServerExport before;
    private final JobQueue queue;
    private final Volume volume;
    private final int wanted;
    private final Thread thread;
    private final SparseLog losses = new SparseLog(LOG, System.Logger.Level.WARNING, QUIET, System::nanoTime);
    private final SparseLog outages = new SparseLog(LOG, System.Logger.Level.ERROR, QUIET, System::nanoTime);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final List<Link> links = new ArrayList<>();
    private long goneSince;

    private volatile long epoch;
    private volatile boolean givenUp;
    private volatile boolean closing;

    // The thread's own.
    private long nextAttempt = System.nanoTime();
    private Duration pause = BUSY;

    /**
     * Prepares; {@link #start} begins.
     *
     * @param before what the export was when the volume was opened
     * @param volume whose connections these are
     */
    Keeper(NbdAddress address, Connector connector, ServerExport before, JobQueue queue, Volume volume) {
        this.address = address;
        this.connector = connector;
        this.before = before;
        this.queue = queue;
        this.volume = volume;
        // On several connections a flush must cover what was written on the others.
        this.wanted = before.has(Transmission.CAN_MULTI_CONN) ? address.connections() : 1;
        this.thread = Thread.ofPlatform().daemon().name("keeper " + address).unstarted(this::run);
    }

    void start(Connector.Connected first) throws IOException {
        add(first);
        thread.start();
    }

    private void add(Connector.Connected connected) throws IOException {
        var link = new Link(connected, queue, this);
        lock.lock();
        try {
            if (closing) {
                link.abandon();
                return;
            }
            links.add(link);
            advanceEpoch();
            givenUp = false;
        } finally {
            lock.unlock();
        }
        link.start();
    }

    /** Under the lock. */
    private void advanceEpoch() {
        long next = epoch + 1;
        epoch = next;
    }

    /** Whether the server has been gone for too long: requests fail at once. */
    boolean hasGivenUp() {
        return givenUp;
    }

    @Override
    public boolean isClosing() {
        return closing;
    }

    @Override
    public long epoch() {
        return epoch;
    }

    @Override
    public void answered(Job job, int errno) {
        if (errno == 0 && job.mustFlush()) {
            queue.add(job);
            queue.wake();
        } else {
            if (errno != 0 && job.isFlushing()) {
                volume.durabilityLost(errno);
            }
            job.complete(errno);
        }
    }

    @Override
    public void lost(Link link, Throwable cause, List<Job> unanswered) {
        var again = new ArrayList<Job>();
        lock.lock();
        try {
            links.remove(link);
            advanceEpoch();
            if (links.isEmpty()) {
                goneSince = System.nanoTime();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (var job : unanswered) {
            if (closing || job.lost() > MOST_TRIES) {
                job.complete(Errno.EIO);
            } else {
                again.add(job);
            }
        }
        queue.putBack(again);
        if (!closing) {
            losses.line(address + ": a connection was lost with " + unanswered.size() + " requests in flight, "
                    + "which are sent again: " + cause);
        }
    }

    private void run() {
        while (!closing) {
            long now = System.nanoTime();
            long seen = epoch;
            var alive = alive();
            alive.forEach(link -> link.checkSilence(now, address.timeout()));
            if (alive.size() < wanted && now - nextAttempt >= 0) {
                attempt(alive.isEmpty());
            }
            if (alive().isEmpty()) {
                checkGone();
            }
            rest(seen, alive.size() < wanted ? BUSY : CALM);
        }
    }

    private List<Link> alive() {
        lock.lock();
        try {
            return List.copyOf(links);
        } finally {
            lock.unlock();
        }
    }

    /** Waits so long, or until a link is lost. */
    private void rest(long seen, Duration time) {
        long left = time.toNanos();
        lock.lock();
        try {
            while (!closing && epoch == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void attempt(boolean gone) {
        try {
            take(connector.connect(ATTEMPT));
            pause = BUSY;
            if (gone) {
                LOG.log(System.Logger.Level.INFO, address + ": connected again");
            }
        } catch (IOException | RuntimeException failure) {
            LOG.log(System.Logger.Level.DEBUG, "cannot connect: " + failure);
            pause = pause.multipliedBy(2).compareTo(MOST_PAUSE) < 0 ? pause.multipliedBy(2) : MOST_PAUSE;
        }
        nextAttempt = System.nanoTime() + pause.toNanos();
    }

    private void take(Connector.Connected connected) throws IOException {
        try {
            var fault = volume.fault(before, connected.export());
            if (!fault.isEmpty()) {
                throw new LinuxException("connect", address.toString(), Errno.ESTALE, fault);
            }
            volume.found(connected.export().size());
            add(connected);
        } catch (IOException | RuntimeException failure) {
            connected.channel().close();
            throw failure;
        }
    }

    /** Lets what waits fail, and all that follows, once the server has been gone for too long. */
    private void checkGone() {
        lock.lock();
        try {
            if (!links.isEmpty()
                    || System.nanoTime() - goneSince < address.reconnect().toNanos()) {
                return;
            }
            if (!givenUp) {
                givenUp = true;
                outages.line(address + ": the server has been gone for "
                        + address.reconnect().toSeconds() + " s: requests fail until it is back");
            }
        } finally {
            lock.unlock();
        }
        for (var job = queue.poll(); job.isPresent(); job = queue.poll()) {
            job.get().complete(Errno.EIO);
        }
    }

    /** Disconnects in good order, or after 2 seconds in any. */
    @Override
    public void close() throws IOException {
        closing = true;
        long deadline = System.nanoTime() + CLOSE_DEADLINE.toNanos();
        lock.lock();
        try {
            changed.signalAll();
            queue.wake();
            while (!links.isEmpty() && deadline - System.nanoTime() > 0) {
                var _ = changed.awaitNanos(deadline - System.nanoTime());
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        var late = new IOException("closed");
        alive().forEach(link -> link.fail(late));
    }
}
