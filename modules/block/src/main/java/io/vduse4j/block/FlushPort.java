package io.vduse4j.block;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/**
 * One worker's way into a {@link FlushCoalescer}: a ring of slot numbers with one writer, the worker, and one reader, the
 * thread of the volume. Neither waits for the other.
 */
public final class FlushPort implements AutoCloseable {
    private static final VarHandle TAIL;

    static {
        try {
            TAIL = MethodHandles.lookup().findVarHandle(FlushPort.class, "tail", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final int[] ring;
    private final Completions completions;
    private final Runnable wake;
    private final Consumer<FlushPort> remove;

    /** Written by the worker only. */
    private int tail;

    /** The reader's own: answered up to here, and received up to there. */
    private int head;

    private int received;

    FlushPort(int slots, Completions completions, Runnable wake, Consumer<FlushPort> remove) {
        this.ring = new int[Math.max(2, Integer.highestOneBit(Math.max(1, slots - 1)) << 1)];
        this.completions = completions;
        this.wake = wake;
        this.remove = remove;
    }

    /**
     * Asks for a flush of everything that has completed so far; it ends by {@link Completions#post}. Called on the
     * worker's thread. Neither blocks nor allocates.
     *
     * @param slot the request's number; not more at once than the port has slots
     */
    public void request(int slot) {
        ring[tail & (ring.length - 1)] = slot;
        TAIL.setRelease(this, tail + 1);
        wake.run();
    }

    /** Takes in what was asked until now; only that may share the next flush. */
    boolean receive() {
        received = (int) TAIL.getAcquire(this);
        return received != head;
    }

    /** Ends what was received, and nothing that came later. */
    void answer(int errno) {
        for (; head != received; head++) {
            completions.post(ring[head & (ring.length - 1)], errno);
        }
    }

    /** Takes the port away. Called once nothing waits there any more. */
    @Override
    public void close() {
        remove.accept(this);
    }
}
