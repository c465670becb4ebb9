/**
 * The NBD server: a door that needs no virtio. An {@link io.vduse4j.nbd.NbdServer} listens on one socket and serves any
 * number of {@link io.vduse4j.nbd.NbdExport}s by their names; {@link io.vduse4j.nbd.BackendExport} makes one of a volume.
 *
 * <p>Who runs where: one virtual thread accepts and one looks at deadlines; each connection has a platform thread. It reads
 * requests, does what an export has at hand, starts the rest there, and sends the replies of both; it sleeps in one place,
 * where the client and the ends of requests wake it. An export never blocks it: what is not at hand is started, and ends
 * on a thread of the export's own.
 *
 * <p>Everything that comes from a client is hostile until it was checked. What the protocol allows and a client gets
 * wrong is answered with an error; what leaves the stream without borders ends that connection, and nothing else.
 */
package io.vduse4j.nbd;
