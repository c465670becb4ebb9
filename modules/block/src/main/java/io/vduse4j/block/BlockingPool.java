package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A few threads that run what may block, behind a bounded queue that never refuses: each channel reserves its slots
 * first. Handing a job over neither blocks nor allocates, if the job is preallocated with its slot.
 */
public final class BlockingPool implements AutoCloseable {
    /** Jobs that can wait; more than the slots of all workers that can reasonably serve one volume. */
    static final int CAPACITY = 16_384;

    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

    private final String name;
    private final ThreadPoolExecutor threads;
    private int reserved;

    /**
     * Starts the threads: platform threads, for they may sit in system calls, and daemons.
     *
     * @param name begins the names of the threads
     * @param count how many, at least 1
     */
    public BlockingPool(String name, int count) {
        this.name = name;
        this.threads = new ThreadPoolExecutor(
                count,
                count,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(CAPACITY),
                Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        threads.prestartAllCoreThreads();
    }

    /**
     * Makes room for the jobs of a channel.
     *
     * @param slots how many it can have at once
     * @throws LinuxException ENOSPC if there is no room
     */
    public synchronized void reserve(int slots) throws LinuxException {
        if (slots > CAPACITY - reserved) {
            throw new LinuxException(
                    "open channel",
                    name,
                    Errno.ENOSPC,
                    slots + " slots asked, " + (CAPACITY - reserved) + " left: use fewer queues or smaller ones");
        }
        reserved += slots;
    }

    /**
     * Gives back what was reserved.
     *
     * @param slots as reserved
     */
    public synchronized void release(int slots) {
        reserved -= slots;
    }

    /**
     * Runs a job on one of the threads.
     *
     * @param job catches what it throws
     */
    public void execute(Runnable job) {
        threads.execute(job);
    }

    /**
     * Ends the threads when the queue is empty.
     *
     * @throws LinuxException ETIMEDOUT if a job is still running after 10 seconds
     */
    @Override
    public void close() throws LinuxException {
        threads.shutdown();
        boolean ended = false;
        try {
            ended = threads.awaitTermination(CLOSE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            throw new LinuxException("close", name, Errno.ETIMEDOUT, "a request is still running");
        }
    }
}
