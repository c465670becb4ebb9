package io.vduse4j.dataplane.inflight;

import io.vduse4j.virtio.InFlight;
import java.util.List;

/**
 * What is in flight on one queue. Belongs to the queue's worker. A queue begins with {@link #batch}, {@link #before},
 * {@link #after} and {@link #recover}, or, if the log {@link #isFresh}, with {@link #begin}; from then on the queue tells it
 * of each step.
 */
public sealed interface QueueLog extends InFlight permits SplitLog, PackedLog, NoLog {

    /** Nothing is kept, and nothing can be recovered. */
    QueueLog NONE = new NoLog();

    /** Whether nothing was ever kept here since the ring was started: nothing can be in flight. */
    boolean isFresh();

    /**
     * Begins to keep what is in flight on a ring.
     *
     * @param used where it stands, as {@code VirtqueueState.used}
     */
    void begin(int used);

    /** Where the used side stood when the last publication was noted, as {@code VirtqueueState.used}. */
    int before();

    /** Where it stands if what was about to be published then was. */
    int after();

    /**
     * Tells what lies between the two: the descriptors of each chain of the batch that may have been shown only in part.
     *
     * @return packed: in the order of the batch, their sum at most the queue's size; empty if it is known to be shown, and
     *     for split queues, which show a batch by one store
     * @throws InflightLogException if the log says what cannot be
     */
    int[] batch() throws InflightLogException;

    /**
     * Puts right what the death of a process has interrupted, and tells what it had in flight. Can itself be interrupted
     * by a death, and is done again then (CR-14).
     *
     * @param used where the used side of the ring stands
     * @return the chains, in the order in which they were taken
     * @throws InflightLogException if the log says what cannot be; it is left as it is
     */
    List<Recovered> recover(int used) throws InflightLogException;

    /**
     * A chain that was recovered is in a slot again.
     *
     * @param slot its slot on the queue from now on
     */
    void retaken(int slot, Recovered chain);

    /** The chain of a slot that was {@link #retaken} is about to be done again: a death from now on may be its fault. */
    void begins(int slot);
}
