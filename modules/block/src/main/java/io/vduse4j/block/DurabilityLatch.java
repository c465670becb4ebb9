package io.vduse4j.block;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers that durability was lost (DU-05): after a write-back error the kernel may mark the pages clean, and the next
 * {@code fdatasync} succeeds without the data. So the first failure is final, for every later flush and every later
 * write, until the volume is opened anew. Any thread may call any method.
 */
public final class DurabilityLatch {

    /** Makes what was written stable. */
    @FunctionalInterface
    public interface Sync {
        /** Blocks until everything that was written is stable. */
        void sync() throws IOException;
    }

    private static final System.Logger LOG = System.getLogger(DurabilityLatch.class.getPackageName());

    private final String volume;
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    /** The kernel tells an error to one of several concurrent callers only; one at a time, none can be passed over. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    /**
     * Makes a latch that has not failed.
     *
     * @param volume what log and messages call the volume
     */
    public DurabilityLatch(String volume) {
        this.volume = volume;
    }

    /** Tells whether durability was lost: no write may be accepted any more. Wait-free. */
    public boolean failed() {
        return failure.get() != null;
    }

    /** Why, if it was lost. Wait-free. */
    public Optional<String> cause() {
        return Optional.ofNullable(failure.get()).map(Throwable::getMessage);
    }

    /**
     * Notes that durability was lost. The first cause is kept and logged, later ones follow from it.
     *
     * @param cause what happened
     */
    public void fail(Throwable cause) {
        var lost = new IOException(
                volume + ": durability was lost, nothing more is written until it is opened anew: "
                        + cause.getMessage(),
                cause);
        if (failure.compareAndSet(null, lost)) {
            LOG.log(System.Logger.Level.ERROR, lost.getMessage());
        }
    }

    /**
     * Runs a sync, unless one has failed before; waits for one that is under way.
     *
     * @param sync what to run; whatever it throws is final
     * @throws IOException if it fails, or something failed before
     */
    public void run(Sync sync) throws IOException {
        oneAtATime.lock();
        try {
            check();
            try {
                sync.sync();
            } catch (IOException | RuntimeException problem) {
                fail(problem);
            }
            // Also what a synchronous write or a shrunk file has noted meanwhile.
            check();
        } finally {
            oneAtATime.unlock();
        }
    }

    private void check() throws IOException {
        var lost = failure.get();
        if (lost != null) {
            throw new IOException(lost.getMessage(), lost.getCause());
        }
    }
}
