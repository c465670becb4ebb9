package io.vduse4j.dataplane;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntConsumer;

/**
 * Slots that were posted from other threads, one bit each: a slot is posted at most once at a time, so that a set is
 * enough where a queue would need a bound. Lock-free; what a poster wrote before is seen by the taker.
 */
final class PostedSlots {

    private final AtomicLongArray words;
    private volatile boolean some;

    PostedSlots(int slots) {
        words = new AtomicLongArray((slots + Long.SIZE - 1) / Long.SIZE);
    }

    /** Any thread. */
    void post(int slot) {
        words.accumulateAndGet(slot / Long.SIZE, 1L << slot % Long.SIZE, (a, b) -> a | b);
        some = true;
    }

    /** Whether something waits; may be true for nothing, never false for something that was posted before a wake-up. */
    boolean hasSome() {
        return some;
    }

    /** Gives every waiting slot to the consumer. The taker's thread. */
    void take(IntConsumer consumer) {
        some = false;
        for (int i = 0; i < words.length(); i++) {
            long bits = words.getAndSet(i, 0);
            while (bits != 0) {
                int slot = i * Long.SIZE + Long.numberOfTrailingZeros(bits);
                bits &= bits - 1;
                try {
                    consumer.accept(slot);
                } catch (InternalError | RuntimeException e) {
                    words.accumulateAndGet(i, bits, (a, b) -> a | b); // the others are not lost with this one
                    some = true;
                    throw e;
                }
            }
        }
    }
}
