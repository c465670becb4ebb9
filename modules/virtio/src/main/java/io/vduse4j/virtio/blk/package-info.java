/** Layouts and numbers of the virtio block device (virtio 1.3, 5.2). */
package io.vduse4j.virtio.blk;
