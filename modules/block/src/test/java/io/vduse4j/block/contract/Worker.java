package io.vduse4j.block.contract;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The owner of a channel, as a queue worker is one: the thread that makes it. Finds out whether every request completes
 * exactly once, and on which thread.
 */
public final class Worker implements AutoCloseable {
    private static final int FREE = -1;
    private static final int PENDING = -2;
    private static final long DEADLINE_SECONDS = 20;

    private record Posted(int slot, int errno) {}

    private final Thread owner = Thread.currentThread();
    private final LinkedBlockingQueue<Posted> posted = new LinkedBlockingQueue<>();
    private final int[] results;
    private final Request[] requests;
    private final boolean watches;
    private final Channel channel;
    private boolean serveOthers;

    /**
     * Opens a channel, as a worker that waits for descriptors and polls.
     *
     * @param slots how many requests it can have in flight
     */
    public Worker(Backend backend, int slots) throws IOException {
        this(backend, slots, true);
    }

    /**
     * Opens a channel.
     *
     * @param slots how many requests it can have in flight
     * @param watches false: as an owner that only hears of what is posted
     */
    public Worker(Backend backend, int slots, boolean watches) throws IOException {
        this.watches = watches;
        results = new int[slots];
        requests = new Request[slots];
        Arrays.fill(results, FREE);
        channel = backend.open(slots, new Sink());
    }

    private final class Sink implements Completions {
        @Override
        public void complete(int slot, int errno) {
            if (Thread.currentThread() != owner) {
                // Seen by whoever awaits the slot: it never gets a result.
                throw new AssertionError("complete() on " + Thread.currentThread());
            }
            end(slot, errno);
        }

        @Override
        public void post(int slot, int errno) {
            posted.add(new Posted(slot, errno));
        }

        @Override
        public boolean watch(EventFd ready) {
            return watches;
        }

        @Override
        public boolean mayBlock() {
            return !serveOthers;
        }
    }

    private void end(int slot, int errno) {
        if (results[slot] != PENDING) {
            throw new AssertionError("slot " + slot + " completed again, with " + errno);
        }
        try {
            results[slot] = channel.completed(slot, requests[slot], errno);
        } catch (InternalError vanished) {
            results[slot] = Errno.EFAULT;
        }
    }

    /**
     * Starts a request. Vanished memory ends it with EFAULT.
     *
     * @param slot free
     */
    public void submit(int slot, Request request) {
        if (results[slot] != FREE) {
            throw new AssertionError("slot " + slot + " is not free");
        }
        results[slot] = PENDING;
        requests[slot] = request;
        try {
            channel.submit(slot, request);
        } catch (InternalError vanished) {
            if (results[slot] != PENDING) {
                throw new AssertionError("completed and thrown: slot " + slot, vanished);
            }
            results[slot] = Errno.EFAULT;
        }
    }

    /** From now on other devices wait for this thread, or do not. */
    public void serveOthers(boolean others) {
        serveOthers = others;
    }

    /** Ends a batch. */
    public void flushSubmissions() {
        channel.flushSubmissions();
    }

    /** Tells whether a request has ended, without waiting. */
    public boolean hasEnded(int slot) {
        for (var next = posted.poll(); next != null; next = posted.poll()) {
            end(next.slot, next.errno);
        }
        poll();
        return results[slot] != PENDING;
    }

    /** Waits for the end of a request and frees its slot; returns its errno, 0 for success. */
    public int await(int slot) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        try {
            while (results[slot] == PENDING) {
                if (deadline - System.nanoTime() < 0) {
                    throw new AssertionError("slot " + slot + " did not complete: " + requests[slot].op);
                }
                poll();
                var next = posted.poll(results[slot] == PENDING ? 1 : 0, TimeUnit.MILLISECONDS);
                if (next != null) {
                    end(next.slot, next.errno);
                }
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError("interrupted", interrupted);
        }
        int result = results[slot];
        results[slot] = FREE;
        return result;
    }

    /** A round of an owner that watches; others never ask. */
    private void poll() {
        if (watches && channel.poll() > 0) {
            channel.flushSubmissions();
        }
    }

    /** Does one request on slot 0. */
    public int run(Request request) {
        submit(0, request);
        flushSubmissions();
        return await(0);
    }

    /** Closes the channel, on which nothing may be in flight, and finds completions that nobody waited for. */
    @Override
    public void close() {
        channel.close();
        if (!posted.isEmpty()) {
            throw new AssertionError("completed again: " + posted);
        }
    }
}
