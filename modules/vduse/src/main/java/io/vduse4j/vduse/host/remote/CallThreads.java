package io.vduse4j.vduse.host.remote;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/** The threads on which the calls of one client wait: a bounded part of those that the server has. */
final class CallThreads {
    private final Executor threads;
    private final Semaphore places;

    CallThreads(Executor threads, int most) {
        this.threads = threads;
        places = new Semaphore(most);
    }

    /**
     * Runs work on another thread.
     *
     * @return false if there is none left; nothing was run then
     */
    boolean run(Runnable work) {
        if (!places.tryAcquire()) {
            return false;
        }
        try {
            threads.execute(() -> {
                try {
                    work.run();
                } finally {
                    places.release();
                }
            });
            return true;
        } catch (RejectedExecutionException full) {
            places.release();
            return false;
        }
    }
}
