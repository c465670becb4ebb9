/**
 * Queue workers: they serve a device with the memory, the rings and the notifiers that a transport gives, and know
 * neither the transport nor the device.
 *
 * <p>Threads: a {@link io.vduse4j.dataplane.Worker} owns its queues and everything in their slots. A transport's control
 * thread owns the {@link io.vduse4j.dataplane.Session} and talks to workers by commands. A backend's threads may only
 * post.
 */
package io.vduse4j.dataplane;
