package io.vduse4j.guest;

import java.io.IOException;
import java.time.Duration;

/** Waits for what will be true soon. */
final class Wait {
    private static final long STEP_MILLIS = 20;

    private Wait() {}

    /** Something that can be looked at again and again. */
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Waits until a condition holds and returns how long that took; the test fails if it does not within the deadline. */
    static Duration until(String what, Duration deadline, Condition condition) throws IOException {
        long began = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - began > deadline.toNanos()) {
                throw new AssertionError("not within %d s: %s".formatted(deadline.toSeconds(), what));
            }
            pause(STEP_MILLIS);
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Lets time pass. */
    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException overdue) {
            Thread.currentThread().interrupt();
            throw new AssertionError("the test was interrupted", overdue);
        }
    }
}
