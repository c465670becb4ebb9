package io.vduse4j.embedded.vduse;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Delivers the interrupts of all devices of a kernel, one after another (kernel-behaviour 4.4). */
final class InterruptThread implements AutoCloseable {
    private static final Logger LOG = System.getLogger(InterruptThread.class.getName());

    /** A callback must not wait, so nobody waits long for one. */
    private static final long PATIENCE = Duration.ofSeconds(5).toNanos();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition done = lock.newCondition();
    private final ArrayDeque<InterruptWork> queue = new ArrayDeque<>();
    private final Thread thread;
    private InterruptWork running;
    private boolean closed;

    InterruptThread(String kernel) {
        thread = Thread.ofPlatform().daemon().name(kernel + "-irq").start(this::run);
    }

    /** Has an interrupt delivered soon. */
    void queue(InterruptWork interrupt) {
        lock.lock();
        try {
            if (!closed && interrupt.queue()) {
                queue.addLast(interrupt);
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until an interrupt is neither queued nor being delivered; not on the interrupt thread itself. */
    void flush(InterruptWork interrupt) {
        if (Thread.currentThread() == thread) {
            return;
        }
        long left = PATIENCE;
        boolean interrupted = false;
        lock.lock();
        try {
            while ((interrupt.isQueued() || running == interrupt) && !closed && left > 0) {
                try {
                    left = done.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (left <= 0) {
            LOG.log(Level.WARNING, "an interrupt handler of a driver does not come back");
        }
    }

    private void run() {
        while (take()) {
            try {
                running.run();
            } catch (RuntimeException | InternalError e) {
                // One driver's mistake must not cost the others their interrupts.
                LOG.log(Level.ERROR, "an interrupt handler of a driver has failed", e);
            }
        }
    }

    private boolean take() {
        lock.lock();
        try {
            running = null;
            done.signalAll();
            while (queue.isEmpty() && !closed) {
                work.awaitUninterruptibly();
            }
            if (closed) {
                return false;
            }
            running = queue.removeFirst();
            running.unqueue();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the thread; what was not delivered is dropped. Waits for a handler that runs, for a few seconds. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            queue.clear();
            work.signal();
            done.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (Thread.currentThread() != thread && !thread.join(Duration.ofNanos(PATIENCE))) {
                LOG.log(Level.WARNING, "an interrupt handler of a driver does not come back");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
