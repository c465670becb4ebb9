/**
 * virtio 1.3 without a transport: the device's and the driver's side of a split queue, the walk over a chain, the
 * driver's memory, and the interface of a device. Pure Java: it is given memory and makes no system call.
 *
 * <p>Everything of a queue belongs to one worker's thread. Only {@link io.vduse4j.virtio.GuestMemory} and {@link
 * io.vduse4j.virtio.MemorySource} are shared.
 */
package io.vduse4j.virtio;
