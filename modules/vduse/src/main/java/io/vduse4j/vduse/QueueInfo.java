package io.vduse4j.vduse;

/**
 * What the driver has made of a virtqueue.
 *
 * @param num number of descriptors; 0 until the driver chose it
 * @param descAddress IOVA of the descriptor area
 * @param driverAddress IOVA of the driver area: the available ring of a split queue
 * @param deviceAddress IOVA of the device area: the used ring of a split queue
 * @param availIndex index of a split queue's available ring to begin with, 0 to 65535
 * @param ready whether the driver has enabled the queue
 */
public record QueueInfo(
        int num, long descAddress, long driverAddress, long deviceAddress, int availIndex, boolean ready) {}
