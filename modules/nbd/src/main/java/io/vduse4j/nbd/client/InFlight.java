package io.vduse4j.nbd.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** The jobs that one connection has, by their cookies. The sender adds, the receiver removes. */
final class InFlight {
    /** Requests that a connection has at once: more than a queue of a disk has, and few enough for any server. */
    static final int MOST = 128;

    private static final int INDEX_BITS = 7;

    /** Between two looks whether the connection has ended. */
    private static final long LOOK_MILLIS = 100;

    private final Job[] jobs = new Job[MOST];
    private final long[] cookies = new long[MOST];
    private final int[] free = new int[MOST];
    private final Semaphore places = new Semaphore(MOST);
    private final ReentrantLock lock = new ReentrantLock();
    private int freeCount = MOST;
    private long serial;

    InFlight() {
        for (int i = 0; i < MOST; i++) {
            free[i] = i;
        }
    }

    /** Waits for a place; false if there is to be none, because {@code ended}. */
    boolean reserve(BooleanSupplier ended) throws InterruptedException {
        while (!ended.getAsBoolean()) {
            if (places.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return false;
    }

    /** Takes a place if there is one. */
    boolean tryReserve() {
        return places.tryAcquire();
    }

    /** Gives back a place that no job came for. */
    void unreserve() {
        places.release();
    }

    /** Takes a job, for which there is a place; returns its cookie. The serial number makes an old one be noticed. */
    long add(Job job) {
        lock.lock();
        try {
            int index = free[--freeCount];
            long cookie = ++serial << INDEX_BITS | index;
            jobs[index] = job;
            cookies[index] = cookie;
            return cookie;
        } finally {
            lock.unlock();
        }
    }

    /** Finds the job of a cookie; empty for one that the server has invented. */
    Optional<Job> find(long cookie) {
        int index = (int) (cookie & (MOST - 1));
        lock.lock();
        try {
            return cookies[index] == cookie ? Optional.ofNullable(jobs[index]) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The job of a cookie was answered. */
    void remove(long cookie) {
        int index = (int) (cookie & (MOST - 1));
        lock.lock();
        try {
            jobs[index] = null;
            free[freeCount++] = index;
        } finally {
            lock.unlock();
        }
        places.release();
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return freeCount == MOST;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out all that were not answered; both threads of the connection have ended. */
    List<Job> takeAll() {
        lock.lock();
        try {
            var left = new ArrayList<Job>();
            for (int i = 0; i < MOST; i++) {
                if (jobs[i] != null) {
                    left.add(jobs[i]);
                    jobs[i] = null;
                }
            }
            return left;
        } finally {
            lock.unlock();
        }
    }
}
