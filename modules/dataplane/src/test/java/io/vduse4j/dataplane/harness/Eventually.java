package io.vduse4j.dataplane.harness;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits with a deadline that only a defect can reach, also on a machine that does other things. */
public final class Eventually {

    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private Eventually() {}

    /** Waits until something holds; fails after half a minute. */
    public static void until(String what, BooleanSupplier holds) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("never happened: " + what);
            }
            LockSupport.parkNanos(50_000);
        }
    }

    /** Whether something has never held for so long. */
    public static boolean neverFor(Duration time, BooleanSupplier holds) {
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - deadline < 0) {
            if (holds.getAsBoolean()) {
                return false;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return true;
    }
}
