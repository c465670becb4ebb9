/**
 * The NBD server: a door that needs no virtio. An {@link io.vduse4j.nbd.NbdServer} listens on one socket and serves any
 * number of {@link io.vduse4j.nbd.NbdExport}s by their names; {@link io.vduse4j.nbd.BackendExport} makes one of a volume.
 *
 * <p>Who runs where: one virtual thread accepts; each connection has a virtual thread that reads requests and one that
 * writes replies; one more looks at deadlines. All they do is socket I/O over NIO. An export never blocks them: it starts
 * a request and says later, on a thread of its own, how it ended (J-08).
 *
 * <p>Everything that comes from a client is hostile until it was checked. What the protocol allows and a client gets
 * wrong is answered with an error; what leaves the stream without borders ends that connection, and nothing else.
 */
package io.vduse4j.nbd;
