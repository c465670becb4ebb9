package io.vduse4j.vduse;

import io.vduse4j.virtio.VirtqueueState;

/**
 * What the driver has made of a virtqueue.
 *
 * @param num number of descriptors; 0 until the driver chose it
 * @param descAddress IOVA of the descriptor area
 * @param driverAddress IOVA of the driver area: the available ring of a split queue
 * @param deviceAddress IOVA of the device area: the used ring of a split queue
 * @param availIndex index of a split queue's available ring to begin with, 0 to 65535
 * @param packed where a packed queue is to begin; means nothing for a split one
 * @param ready whether the driver has enabled the queue
 */
public record QueueInfo(
        int num,
        long descAddress,
        long driverAddress,
        long deviceAddress,
        int availIndex,
        VirtqueueState packed,
        boolean ready) {

    /** Where the queue is to begin, by the format that was negotiated. */
    public VirtqueueState state(boolean isPacked) {
        return isPacked ? packed : VirtqueueState.split(availIndex);
    }
}
