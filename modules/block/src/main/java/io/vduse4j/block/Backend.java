package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Stores the bytes of a volume. Shared by all workers that serve it; each worker opens a {@link Channel} of its own for
 * the requests of its queues. Flush, resize and close concern the whole volume and are found here.
 *
 * <p>A filter is a backend over a backend.
 */
public interface Backend extends AutoCloseable {

    /** What the backend can do and how large requests may be. Never changes while the backend is open. */
    Limits limits();

    /**
     * What becomes of completed writes when this process is killed (DU-11). Never changes while the backend is open. A
     * backend that does not say counts as one that loses them, and is never served again by a successor without a reset.
     */
    default Durability durability() {
        return Durability.UNKNOWN;
    }

    /** Size of the volume now, in bytes: a multiple of {@link Limits#blockSize()}. It may grow, it never shrinks. */
    long size();

    /**
     * Opens a channel for one worker.
     *
     * @param slots requests that can be in flight on the channel at once; their numbers are 0 to {@code slots - 1}
     * @param completions where each submitted request ends, exactly once
     * @throws IOException if the backend has no further channel to give
     */
    Channel open(int slots, Completions completions) throws IOException;

    /** What can be done at once. A backend, or a filter, that says nothing else has nothing at hand. */
    default AtHand atHand() {
        return AtHand.NOTHING;
    }

    /**
     * Whether what is written can be read again. Where it cannot, the order of writes makes no difference, and they are
     * not ordered (CR-04).
     */
    default boolean keepsData() {
        return true;
    }

    /**
     * Why every flush and every write fails until the volume is opened anew: durability was lost (DU-05). Empty while nothing
     * of that kind has happened. Any thread; does not wait.
     */
    default Optional<String> lost() {
        return Optional.empty();
    }

    /**
     * Makes everything stable that was completed on any channel before this call (DU-01). Blocks; called by one thread
     * at a time, never by a queue worker.
     *
     * @throws IOException if durability cannot be promised any more. A failure is final: every later flush and every
     *     later write fails too, until the volume is opened anew (DU-05).
     */
    void flush() throws IOException;

    /**
     * Tells what a range begins with. It is advice of the moment: what is written meanwhile may be in it or not. Blocks,
     * as a read of the storage may; called by any thread but a queue worker of a driver, by several at once.
     *
     * @param offset first byte; a multiple of {@link Limits#blockSize()}
     * @param length in bytes, more than 0, likewise; the range lies within the volume
     * @return the extent at the offset, no longer than the range; what follows may be of the same kind. A backend that
     *     does not know calls all of it data
     * @throws IOException if the storage failed to tell
     */
    default Extent extent(long offset, long length) throws IOException {
        return Extent.data(length);
    }

    /**
     * Names who is told of a new size. It is called from a thread of the backend, after the new size is stable (DU-04),
     * with the size in bytes. One listener at a time; the last one set counts.
     */
    void onResize(LongConsumer listener);

    /**
     * Grows the volume. Returns when the new size is stable, and after the listener of {@link #onResize} was told. Blocks;
     * called by any thread but a queue worker.
     *
     * @param bytes the new size, a multiple of {@link Limits#blockSize()}; the size of now changes nothing
     * @throws IOException a {@link LinuxException}: EINVAL for a size that is smaller or no multiple, EROFS, EOPNOTSUPP
     *     where the volume cannot be grown from here
     */
    default void resize(long bytes) throws IOException {
        throw new LinuxException("resize", describe(), Errno.EOPNOTSUPP, "volumes of this kind keep their size");
    }

    /** What a person calls the volume: {@code file:/srv/disk.img}. Never holds a secret. */
    String describe();

    /** Gives everything back. All channels are closed before. Idempotent. */
    @Override
    void close() throws IOException;
}
