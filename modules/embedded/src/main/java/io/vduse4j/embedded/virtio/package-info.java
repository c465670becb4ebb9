/**
 * The bus driver {@code virtio_vdpa} with a virtio block driver on it (kernel-behaviour 7), and the block device that
 * comes out: {@link io.vduse4j.embedded.virtio.EmbeddedBlockDevice}, what {@code /dev/vdX} is elsewhere.
 *
 * <p>Two kinds of threads come in. Those that submit: they copy into the bounce buffer, put the request into a queue, and
 * wait if there is no room. And the device's interrupt thread: it takes back what is done, copies out, and completes the
 * futures; it never waits, and no exception leaves it.
 */
package io.vduse4j.embedded.virtio;
