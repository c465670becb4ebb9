/**
 * Tools to test devices and drivers with.
 *
 * <p>{@link io.vduse4j.testkit.BlkDriver} drives one queue of any block device: it is given a queue ({@link
 * io.vduse4j.virtio.VirtqueueDriver}), memory ({@link io.vduse4j.testkit.DriverArea}) and signals ({@link
 * io.vduse4j.testkit.QueueSignals}), and checks what the device does. {@link io.vduse4j.testkit.BlkWorkload} makes random
 * verified I/O for it. {@link io.vduse4j.testkit.VhostVdpaDriver} is a virtual machine monitor around it for {@code
 * /dev/vhost-vdpa-N}.
 *
 * <p>{@link io.vduse4j.testkit.DeviceBench} serves a device of any type on a kernel in this JVM and makes requests to it.
 */
package io.vduse4j.testkit;
