package io.vduse4j.vduse.host.remote;

import java.time.Duration;

/**
 * What clients may make a server hold (TM-03).
 *
 * @param connections at a time; one more is refused with EBUSY
 * @param nodes open nodes of a connection; one more is refused with EMFILE
 * @param calls of one connection that wait at a time, each on a thread; one more is refused with ENOBUFS
 * @param threads of all connections that wait at a time
 * @param patience longest time that a frame may take, once begun; a client that stops within one, or does not read, is
 *     given up
 */
record ServerLimits(int connections, int nodes, int calls, int threads, Duration patience) {
    /** Enough for a daemon of 64 devices, each with a thread that waits for messages, several times over. */
    static final ServerLimits DEFAULT = new ServerLimits(64, 256, 256, 1024, Duration.ofSeconds(10));
}
