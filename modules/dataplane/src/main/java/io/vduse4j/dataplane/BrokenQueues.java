package io.vduse4j.dataplane;

import io.vduse4j.virtio.Fault;

/** Told of queues that have stopped for good in their session. Called by workers; must be short. */
@FunctionalInterface
public interface BrokenQueues {

    /**
     * A queue is broken: nothing is taken from it any more.
     *
     * @param queue its index on the device
     * @param fault why; {@link Fault#MEMORY_VANISHED} is told for every queue of a worker
     */
    void broken(int queue, Fault fault);
}
