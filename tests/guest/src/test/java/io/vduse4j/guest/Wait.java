package io.vduse4j.guest;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what will be true soon. */
final class Wait {
    private static final long STEP_MILLIS = 20;

    private Wait() {}

    /** Waits until a condition holds and returns how long that took; the test fails if it does not within the deadline. */
    static Duration until(String what, Duration deadline, Callable<Boolean> condition) throws Exception {
        long began = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - began > deadline.toNanos()) {
                throw new AssertionError("not within %d s: %s".formatted(deadline.toSeconds(), what));
            }
            Thread.sleep(STEP_MILLIS);
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }
}
