package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import java.util.Optional;

/**
 * What API version 1 adds to a device that was created with groups of virtqueues and address spaces. Known from the source
 * of kernel 7.3, not confirmed on one.
 *
 * <p>Safe for use by several threads at once; no call waits.
 */
public final class VduseGroups {
    private final QueueCalls queues;
    private final IotlbCalls iotlb;

    /** Speaks to the node of a device, which stays the caller's. */
    public VduseGroups(VduseDevice device) {
        queues = new QueueCalls(device.calls());
        iotlb = new IotlbCalls(device.calls());
    }

    /**
     * Gives a virtqueue its largest size and puts it into a group; possible until the driver runs.
     *
     * @param index the virtqueue
     * @param maxSize largest number of descriptors, 1 to 32768
     * @param group the group, below the number that the device was created with
     * @throws LinuxException EINVAL for an index or a group that the device does not have, and once DRIVER_OK is set
     */
    public void setupQueue(int index, int maxSize, int group) throws LinuxException {
        queues.setup(index, maxSize, group);
    }

    /**
     * Returns the first region of an address space that overlaps a range, with a descriptor to map it; empty when there
     * is none, or no such address space.
     *
     * @param asid the address space
     * @param start first IOVA, unsigned
     * @param last last IOVA, unsigned, not below {@code start}
     * @throws LinuxException ENOTTY for a device of API version 0, EMFILE
     */
    public Optional<IotlbEntry> iotlb(int asid, long start, long last) throws LinuxException {
        return iotlb.entry(asid, start, last);
    }
}
