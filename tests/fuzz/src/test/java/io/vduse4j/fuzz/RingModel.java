package io.vduse4j.fuzz;

import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.VirtqueueState;

/** What has to come of each step of the device's side of a queue; writes of the device are foretold in the memory. */
interface RingModel {

    /** Whether the rings can be found at these device addresses; the queue is attached then. */
    boolean attach(long desc, long driver, long device);

    /** The chain that is taken next; or null, and {@link #fault} tells whether the ring is broken. */
    ModelChain next();

    /** Why the ring is broken, or null. */
    Fault fault();

    /** A chain is given back. */
    void push(ModelChain chain, long written);

    /** What was pushed can be seen. */
    void publish();

    /** Whether an interrupt is due for what was published since the last question. */
    boolean wantsInterrupt();

    /** Whether there is more to take. */
    boolean enableKicks();

    void disableKicks();

    VirtqueueState state();
}
