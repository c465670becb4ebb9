package io.vduse4j.testkit;

import java.time.Duration;

/** How the two sides of one queue wake each other: a transport's part, and all that a driver needs of it. */
public interface QueueSignals {

    /** Tells the device that chains are available. */
    void kick();

    /**
     * Waits for the device's interrupt; one that came before counts. Called by one thread at a time.
     *
     * @param timeout how long at most
     * @return whether one came
     */
    boolean awaitInterrupt(Duration timeout);
}
