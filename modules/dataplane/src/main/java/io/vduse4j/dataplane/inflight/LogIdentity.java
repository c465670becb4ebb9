package io.vduse4j.dataplane.inflight;

import java.util.List;

/**
 * What a log must be about before anything in it is believed (CR-02): the device, and its rings as the kernel knows them.
 *
 * @param device name of the device
 * @param features what the driver has accepted; they tell the format of the rings too
 * @param queues the queues that are served, by index
 */
public record LogIdentity(String device, long features, List<Ring> queues) {

    /**
     * A queue.
     *
     * @param index of the queue on the device
     * @param size entries of its rings
     * @param desc device address of the descriptor table or ring
     * @param driver device address of the driver's area
     * @param used device address of the device's area
     */
    public record Ring(int index, int size, long desc, long driver, long used) {}

    /** Keeps the queues as they are now. */
    public LogIdentity {
        queues = List.copyOf(queues);
    }
}
