package io.vduse4j.embedded.vduse;

import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.EventFd;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A virtqueue of a device as both sides have set it up, its kick and its interrupt. Safe from several threads: kicks come
 * from drivers while the daemon changes the eventfd, and interrupts while the driver changes the callback.
 */
final class Vq {
    private final InterruptThread interrupts;
    private final InterruptWork interrupt = new InterruptWork(this::deliver);

    /** Held while a callback runs: who has taken it away knows that it does not run any more. */
    private final ReentrantLock irqLock = new ReentrantLock();

    // What VQ_SETUP says.
    private volatile int maxSize;
    private volatile int group;

    // What the driver says.
    private volatile VqLayout layout = VqLayout.NONE;
    private volatile boolean ready;
    private volatile VqCallback callback;

    // Guarded by this.
    private EventFd kickFd;
    private boolean kicked;

    Vq(InterruptThread interrupts) {
        this.interrupts = interrupts;
    }

    int maxSize() {
        return maxSize;
    }

    int group() {
        return group;
    }

    void setUp(int newMaxSize, int newGroup) {
        maxSize = newMaxSize;
        group = newGroup;
    }

    VqLayout layout() {
        return layout;
    }

    void setLayout(VqLayout newLayout) {
        layout = newLayout;
    }

    boolean isReady() {
        return ready;
    }

    void setReady(boolean newReady) {
        ready = newReady;
    }

    /** A kick of the driver; remembered once if the daemon has no eventfd yet (kernel-behaviour 4.2). */
    synchronized void kick() {
        if (!ready) {
            return;
        }
        if (kickFd == null) {
            kicked = true;
        } else {
            kickFd.signal();
        }
    }

    /**
     * Takes over the daemon's eventfd; null to do without. One before is dropped, and a kick that was remembered goes to
     * it at once.
     */
    synchronized void installKick(EventFd eventFd) {
        dropKick();
        kickFd = eventFd;
        if (ready && kicked && kickFd != null) {
            kickFd.signal();
            kicked = false;
        }
    }

    private synchronized void dropKick() {
        if (kickFd != null) {
            kickFd.close();
            kickFd = null;
        }
    }

    /** Changes the callback; on return the one before neither runs nor will. */
    void setCallback(VqCallback newCallback) {
        irqLock.lock();
        try {
            callback = newCallback;
        } finally {
            irqLock.unlock();
        }
    }

    /** Signals the eventfd of a driver that has one, if the queue is ready, on this thread. @return whether it did */
    boolean trigger() {
        if (!(callback instanceof VqCallback.Trigger)) {
            return false;
        }
        irqLock.lock();
        try {
            if (ready && callback instanceof VqCallback.Trigger(EventFd eventFd)) {
                eventFd.signal();
                return true;
            }
            return false;
        } finally {
            irqLock.unlock();
        }
    }

    /** Has the callback run on the interrupt thread. */
    void queueInterrupt() {
        interrupts.queue(interrupt);
    }

    /** Waits until no interrupt is on its way. */
    void flushInterrupt() {
        interrupts.flush(interrupt);
    }

    private void deliver() {
        irqLock.lock();
        try {
            if (ready) {
                switch (callback) {
                    case VqCallback.Interrupt(Runnable handler) -> handler.run();
                    case VqCallback.Trigger(EventFd eventFd) -> eventFd.signal();
                    case null -> {}
                }
            }
        } finally {
            irqLock.unlock();
        }
    }

    /** What a reset does to a queue: size limit and group stay (kernel-behaviour 4.3). */
    void reset() {
        ready = false;
        layout = VqLayout.NONE;
        synchronized (this) {
            kicked = false;
            dropKick();
        }
        setCallback(null);
    }
}
