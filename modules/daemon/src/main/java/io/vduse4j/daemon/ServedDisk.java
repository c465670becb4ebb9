package io.vduse4j.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A disk that is being served. */
public interface ServedDisk extends AutoCloseable {
    /** What its user opens: a path, or a URI. */
    String device();

    /** Its size in bytes. */
    long size();

    /** What a person calls its backend. */
    String backend();

    /** Why nothing more can be written to its volume until it is opened anew, if that is so. */
    Optional<String> lost();

    /** Waits until serving has ended by itself; false when it has not within that time. */
    boolean awaitEnd(Duration timeout) throws InterruptedException;

    /** Whether the kernel has given the device up. */
    boolean isBroken();

    /** Whether somebody uses it now, as far as can be told; false where that is not known. */
    boolean isInUse();

    /**
     * Grows the volume; everybody who uses it sees the new size.
     *
     * @param bytes the new size, a multiple of the logical block and not less than now
     * @throws IOException EINVAL, or EOPNOTSUPP where the volume cannot be grown from here
     */
    void resize(long bytes) throws IOException;

    /**
     * Detaches, makes everything stable that was acknowledged, destroys, and gives everything back. Called once, or else
     * {@link #leave}: what could not be closed may still be used by workers and is left alone.
     *
     * @throws UnstableException if nothing is left behind, but the last writes are not stable
     * @throws IOException with what could not be done and what is left behind
     */
    @Override
    void close() throws IOException;

    /**
     * As {@link #close}, because the process ends: a disk that was asked to outlive it is left to a successor. Its driver
     * waits for that.
     *
     * @throws IOException as {@link #close}
     */
    default void leave() throws IOException {
        close();
    }
}
