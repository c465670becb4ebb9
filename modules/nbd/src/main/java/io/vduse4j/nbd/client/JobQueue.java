package io.vduse4j.nbd.client;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The jobs that no connection has, in the order in which they were submitted. Bounded by the slots of all channels, as
 * each job is preallocated with one; adding neither blocks for long nor allocates.
 */
final class JobQueue {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Job first;
    private Job last;
    private long orders;

    /** Adds a job of a worker. Nobody is woken: {@link #wake} follows the batch. */
    void add(Job job) {
        lock.lock();
        try {
            job.order = orders++;
            append(job);
        } finally {
            lock.unlock();
        }
    }

    private void append(Job job) {
        job.next = null;
        if (first == null) {
            first = job;
        } else {
            last.next = job;
        }
        last = job;
    }

    /** Puts jobs back, before all that were never sent; their orders stay. */
    void putBack(List<Job> jobs) {
        var oldestLast = jobs.stream()
                .sorted(Comparator.comparingLong((Job job) -> job.order).reversed())
                .toList();
        lock.lock();
        try {
            for (var job : oldestLast) {
                job.next = first;
                first = job;
                last = last == null ? job : last;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes those who wait for jobs, and those who wait for an end. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a job; empty if there is to be none, because {@code ended}. */
    Optional<Job> take(BooleanSupplier ended) throws InterruptedException {
        lock.lock();
        try {
            while (!ended.getAsBoolean()) {
                if (first != null) {
                    return Optional.of(remove());
                }
                changed.await();
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Returns a job if there is one. */
    Optional<Job> poll() {
        lock.lock();
        try {
            return first == null ? Optional.empty() : Optional.of(remove());
        } finally {
            lock.unlock();
        }
    }

    private Job remove() {
        var job = first;
        first = job.next;
        last = first == null ? null : last;
        job.next = null;
        return job;
    }
}
