/** virtio 1.3 without a transport: queues, guest memory, the device SPI, the layouts of the block device. */
module io.vduse4j.virtio {
    exports io.vduse4j.virtio;
    exports io.vduse4j.virtio.blk;
}
