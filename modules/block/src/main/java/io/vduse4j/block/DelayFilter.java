package io.vduse4j.block;

import io.vduse4j.linux.EventFd;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;

/**
 * Delays completions: a slow disk, or with a long delay one that is stuck. The backend below does its work at once; the
 * driver hears of it later, from a thread of the filter.
 */
public final class DelayFilter extends FilterBackend {
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

    private final long nanos;
    private final Set<Request.Op> ops;
    private final DelayQueue<Entry> waiting = new DelayQueue<>();
    private final Thread timer;

    /**
     * Puts the filter over a backend.
     *
     * @param inner the backend below
     * @param delay from the completion below to the one above
     * @param ops which requests are delayed; at least one kind
     */
    public DelayFilter(Backend inner, Duration delay, Set<Request.Op> ops) {
        super(inner);
        if (delay.isNegative() || ops.isEmpty()) {
            throw new IllegalArgumentException("delay " + delay + " of " + ops);
        }
        this.nanos = delay.toNanos();
        this.ops = EnumSet.copyOf(ops);
        this.timer = Thread.ofPlatform().daemon().name("delay " + describe()).start(this::run);
    }

    @Override
    public Channel open(int slots, Completions completions) throws IOException {
        var entries = new Entry[slots];
        for (int slot = 0; slot < slots; slot++) {
            entries[slot] = new Entry(slot, completions);
        }
        var sink = new Completions() {
            @Override
            public void complete(int slot, int errno) {
                if (entries[slot].delayed) {
                    later(entries[slot], errno);
                } else {
                    completions.complete(slot, errno);
                }
            }

            @Override
            public void post(int slot, int errno) {
                if (entries[slot].delayed) {
                    later(entries[slot], errno);
                } else {
                    completions.post(slot, errno);
                }
            }

            @Override
            public boolean watch(EventFd ready) {
                return completions.watch(ready);
            }

            @Override
            public boolean mayBlock() {
                return completions.mayBlock();
            }
        };
        return new FilterChannel(inner().open(slots, sink)) {
            @Override
            public void submit(int slot, Request request) {
                entries[slot].delayed = ops.contains(request.op);
                super.submit(slot, request);
            }
        };
    }

    private void later(Entry entry, int errno) {
        entry.errno = errno;
        entry.due = System.nanoTime() + nanos;
        waiting.add(entry);
    }

    private void run() {
        try {
            while (true) {
                var entry = waiting.take();
                entry.completions.post(entry.slot, entry.errno);
            }
        } catch (InterruptedException closed) {
            // The thread is the filter's own, and only close() interrupts it.
            return;
        }
    }

    @Override
    public String describe() {
        return "delay:" + super.describe();
    }

    @Override
    public void close() throws IOException {
        timer.interrupt();
        try {
            if (!timer.join(CLOSE_DEADLINE)) {
                throw new IOException("close " + describe() + ": the timer still runs");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            super.close();
        }
    }

    /** One request that waits; preallocated, and in the queue at most once. */
    private static final class Entry implements Delayed {
        private final int slot;
        private final Completions completions;
        private boolean delayed;
        private int errno;
        private long due;

        Entry(int slot, Completions completions) {
            this.slot = slot;
            this.completions = completions;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.signum(due - ((Entry) other).due);
        }
    }
}
