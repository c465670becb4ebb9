package io.vduse4j.testkit.faulty;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Decides what happens to each request, and keeps those that wait. Any thread. */
final class Faults implements AutoCloseable {

    /** Does a request and answers it. */
    interface Action {
        /**
         * Does it.
         *
         * @param errno with which to fail it, or 0
         * @param bytes how many of them to do
         */
        void run(int errno, long bytes) throws IOException;
    }

    private static final class Armed {
        private final Fault fault;
        private int skip;
        private int left;

        Armed(Fault fault) {
            this.fault = fault;
            this.skip = fault.skip();
            this.left = fault.times();
        }
    }

    private record Held(Action action, int errno, long bytes) {}

    private final ScheduledExecutorService later = Executors.newScheduledThreadPool(2);
    private final List<Armed> armed = new ArrayList<>();
    private final List<Held> held = new ArrayList<>();
    private SplittableRandom random = new SplittableRandom();
    private long jitterNanos;
    private int hits;

    synchronized void add(Fault fault) {
        armed.add(new Armed(fault));
    }

    /** Forgets all faults; what is held stays so. */
    synchronized void clear() {
        armed.clear();
        jitterNanos = 0;
    }

    /** Lets every request take a random time, so that they end in another order than they came. */
    synchronized void jitter(long nanos, long seed) {
        jitterNanos = nanos;
        random = new SplittableRandom(seed);
    }

    /** How many requests are held now. */
    synchronized int held() {
        return held.size();
    }

    /** How many requests a fault has met. */
    synchronized int hits() {
        return hits;
    }

    /** Decides about a request. */
    void pass(Fault.Op op, long offset, long bytes, Action action) throws IOException {
        var met = find(op, offset, bytes);
        if (met == null) {
            long nanos = op == Fault.Op.READ ? 0 : jitter();
            if (nanos == 0) {
                action.run(0, bytes);
            } else {
                later(action, bytes, nanos);
            }
            return;
        }
        switch (met.effect()) {
            case ERROR -> action.run((int) met.argument(), bytes);
            case SHORT -> action.run(0, Math.min(bytes, met.argument()));
            case DELAY -> later(action, bytes, TimeUnit.MILLISECONDS.toNanos(met.argument()));
            case FREEZE -> hold(new Held(action, (int) met.argument(), bytes));
        }
    }

    private synchronized Fault find(Fault.Op op, long offset, long bytes) {
        for (var candidate : armed) {
            if (candidate.left > 0 && candidate.fault.concerns(op, offset, bytes)) {
                if (candidate.skip > 0) {
                    candidate.skip--;
                } else {
                    candidate.left--;
                    hits++;
                    return candidate.fault;
                }
            }
        }
        return null;
    }

    private synchronized long jitter() {
        return jitterNanos == 0 ? 0 : random.nextLong(jitterNanos);
    }

    private synchronized void hold(Held one) {
        held.add(one);
    }

    private void later(Action action, long bytes, long nanos) {
        // What it throws has ended the process.
        var _ = later.schedule(
                () -> {
                    try {
                        action.run(0, bytes);
                    } catch (IOException | RuntimeException problem) {
                        FaultyFileMain.fail(problem);
                    }
                },
                nanos,
                TimeUnit.NANOSECONDS);
    }

    /** Does all that is held, in the order in which it came. */
    void thaw() throws IOException {
        List<Held> all;
        synchronized (this) {
            all = List.copyOf(held);
            held.clear();
        }
        for (var one : all) {
            one.action().run(one.errno(), one.bytes());
        }
    }

    @Override
    public void close() {
        later.shutdownNow();
    }
}
