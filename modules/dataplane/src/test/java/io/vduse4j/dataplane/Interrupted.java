package io.vduse4j.dataplane;

import io.vduse4j.dataplane.harness.Eventually;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Counts interrupts, and answers as it is told. */
final class Interrupted implements Interrupts {

    private final AtomicIntegerArray asked = new AtomicIntegerArray(16);
    private final AtomicIntegerArray taken = new AtomicIntegerArray(16);
    volatile int answer;

    @Override
    public int interrupt(int queue) {
        asked.incrementAndGet(queue);
        int result = answer;
        if (result == 0) {
            taken.incrementAndGet(queue);
        }
        return result;
    }

    int asked(int queue) {
        return asked.get(queue);
    }

    int taken(int queue) {
        return taken.get(queue);
    }

    void awaitTaken(int queue, int count) {
        Eventually.until(count + " interrupts", () -> taken(queue) >= count);
    }
}
