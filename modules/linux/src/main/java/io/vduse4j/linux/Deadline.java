package io.vduse4j.linux;

import java.time.Duration;

/** A moment to wait for, in {@link System#nanoTime}; the wall clock may step (J-17). */
final class Deadline {
    private Deadline() {}

    /** Longer than any machine runs, and far from overflow. */
    private static final long FOR_EVER = Long.MAX_VALUE / 4;

    /** The moment that is so many nanoseconds away; negative means never. */
    static long in(long nanos) {
        return System.nanoTime() + (nanos < 0 ? FOR_EVER : Math.min(nanos, FOR_EVER));
    }

    /** The moment after a time that must not be negative. */
    static long in(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a negative timeout: " + time);
        }
        return in(time.compareTo(Duration.ofDays(10_000)) > 0 ? FOR_EVER : time.toNanos());
    }

    /** Milliseconds left, rounded up so that nobody wakes too early; 0 if the moment has come. */
    static int millisLeft(long deadline) {
        long nanos = Math.max(0, deadline - System.nanoTime());
        return (int) Math.min(Integer.MAX_VALUE, (nanos + 999_999) / 1_000_000);
    }
}
