/**
 * The vhost-user back end: virtio devices for virtual machine monitors over a Unix socket, as QEMU's document
 * {@code docs/interop/vhost-user.rst} says.
 *
 * <p>Threads: one control thread a {@link io.vduse4j.vhostuser.VhostUserServer} owns the socket, the connection and the
 * state of the rings; it never touches a backend. Workers of {@link io.vduse4j.dataplane} serve the rings and come back
 * to it by tasks. Everything that a front end sends is hostile until it was checked (TM-03, VU-06).
 */
package io.vduse4j.vhostuser;
