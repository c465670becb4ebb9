/** virtio 1.3 without a transport: queues, guest memory, the device SPI, the layouts of the block device. */
package io.vduse4j.virtio;
