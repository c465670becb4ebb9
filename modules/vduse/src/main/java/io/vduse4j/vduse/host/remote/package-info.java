/**
 * A host in another process: {@link io.vduse4j.vduse.host.remote.KernelServer} serves any
 * {@link io.vduse4j.vduse.host.VduseHost} over a Unix socket, {@link io.vduse4j.vduse.host.remote.RemoteHost} is its
 * client. The wire format is described in {@code docs/kernel-protocol.md}, so that a client can be written in any language.
 *
 * <p>Whoever connects to the server is not trusted: each frame is checked, and what is malformed ends its connection
 * alone. Calls block, so they run on platform threads, whose number is bounded (J-08, TM-03).
 */
package io.vduse4j.vduse.host.remote;
