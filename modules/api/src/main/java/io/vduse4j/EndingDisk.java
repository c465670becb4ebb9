package io.vduse4j;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.SimpleDevice;
import io.vduse4j.virtio.blk.BlkRequest;

/**
 * A block device that ends every request with IOERR, whatever it was before: its driver is let go. It needs no storage and
 * takes every driver that another block device has taken.
 */
final class EndingDisk implements SimpleDevice {

    private final int queues;

    /** Takes the place of a device with so many queues. */
    EndingDisk(int queues) {
        this.queues = queues;
    }

    @Override
    public int deviceId() {
        return VirtioBlk.DEVICE_ID;
    }

    /** All: the driver has chosen long ago, and no feature changes where the status of a request is. */
    @Override
    public long features() {
        return -1;
    }

    @Override
    public int queues() {
        return queues;
    }

    @Override
    public int maxQueueSize() {
        return BlkOptions.MAX_QUEUE_SIZE;
    }

    /** Whatever stood in the buffer before must not look like data (BUG-07). */
    @Override
    public long handle(Chain chain) {
        if (chain.lastWritable() == -1) {
            return 0;
        }
        chain.zeroWritable();
        chain.writeLast(BlkRequest.S_IOERR);
        return 1;
    }
}
