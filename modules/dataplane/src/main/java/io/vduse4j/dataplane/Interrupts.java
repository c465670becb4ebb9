package io.vduse4j.dataplane;

/** Interrupts the driver. Called by workers; neither blocks nor allocates. */
@FunctionalInterface
public interface Interrupts {

    /**
     * Interrupts for one queue.
     *
     * @param queue its index on the device
     * @return 0, or a negative errno; {@code -EINVAL} while the transport does not yet take interrupts: the worker asks
     *     again a little later
     */
    int interrupt(int queue);
}
