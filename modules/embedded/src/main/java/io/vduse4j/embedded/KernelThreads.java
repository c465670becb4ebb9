package io.vduse4j.embedded;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Work that goes on in the kernel when the caller has stopped waiting for it (kernel-behaviour 6.4). */
final class KernelThreads {
    private static final Logger LOG = System.getLogger(KernelThreads.class.getName());

    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    /**
     * Runs work on a thread of the kernel and waits for it.
     *
     * @param name what the thread is called
     * @param timeout longest wait; the work goes on when it is over
     * @throws IOException ETIMEDOUT
     */
    <T> T within(String name, Duration timeout, Supplier<T> work) throws IOException {
        var task = new FutureTask<>(work::get);
        var thread = Thread.ofPlatform().daemon().name("embedded " + name).unstarted(() -> {
            task.run();
            running.remove(Thread.currentThread());
        });
        running.add(thread);
        thread.start();
        try {
            return task.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            var failure = new LinuxException(
                    name,
                    "embedded",
                    Errno.ETIMEDOUT,
                    "no answer within " + timeout + ": is the daemon reading messages and serving its queues?");
            failure.initCause(late);
            throw failure;
        } catch (ExecutionException failure) {
            throw new IllegalStateException(name + " has failed in the embedded kernel", failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException(name + ": interrupted while waiting for the embedded kernel");
            failure.initCause(interrupted);
            throw failure;
        }
    }

    /** Waits for what still runs. */
    void close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            for (var thread : running) {
                long left = Math.max(1, deadline - System.nanoTime());
                if (!thread.join(Duration.ofNanos(left))) {
                    LOG.log(Level.WARNING, "{0} does not end", thread.getName());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
