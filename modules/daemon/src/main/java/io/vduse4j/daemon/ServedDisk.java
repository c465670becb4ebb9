package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;

/** A disk that is being served. */
interface ServedDisk extends AutoCloseable {
    /** Path of the device. */
    String device();

    /** Its size in bytes. */
    long size();

    /** What a person calls its backend. */
    String backend();

    /** Waits until serving has ended by itself; false when it has not within that time. */
    boolean awaitEnd(Duration timeout) throws InterruptedException;

    /** Whether the kernel has given the device up. */
    boolean isBroken();

    /**
     * Detaches, makes everything stable that was acknowledged, destroys, and gives everything back.
     *
     * @throws IOException with what could not be done and what is left behind
     */
    @Override
    void close() throws IOException;
}
