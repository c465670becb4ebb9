package io.vduse4j.embedded.vduse;

import java.util.concurrent.locks.ReentrantLock;

/** How the driver hears of a change of the configuration space. Safe from several threads. */
final class ConfigInterrupt {
    private final InterruptThread interrupts;
    private final InterruptWork work = new InterruptWork(this::deliver);

    /** Held while the callback runs. */
    private final ReentrantLock lock = new ReentrantLock();

    private Runnable callback;

    ConfigInterrupt(InterruptThread interrupts) {
        this.interrupts = interrupts;
    }

    /** Changes the callback; null takes it away, and on return it neither runs nor will. */
    void setCallback(Runnable newCallback) {
        lock.lock();
        try {
            callback = newCallback;
        } finally {
            lock.unlock();
        }
    }

    void queue() {
        interrupts.queue(work);
    }

    void flush() {
        interrupts.flush(work);
    }

    private void deliver() {
        lock.lock();
        try {
            if (callback != null) {
                callback.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
