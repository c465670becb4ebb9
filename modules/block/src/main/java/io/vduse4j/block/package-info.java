/** The virtio-blk device model and the backend SPI. */
package io.vduse4j.block;
