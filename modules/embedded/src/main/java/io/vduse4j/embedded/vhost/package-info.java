/**
 * The bus driver {@code vhost_vdpa}: hands a device to a client that drives it with memory and queues of its own, as a
 * virtual machine monitor does (kernel-behaviour 8). {@link io.vduse4j.embedded.vhost.VhostVdpaFile} is what an open
 * {@code /dev/vhost-vdpa-N} is elsewhere.
 */
package io.vduse4j.embedded.vhost;
