/**
 * The NBD client: volumes on servers of others. A worker's submit only enqueues; the socket I/O of each connection is
 * done by two virtual threads, one that sends and one that receives; one platform thread, the keeper, looks at deadlines
 * and connects anew.
 *
 * <p>When a connection breaks, what was not answered is sent again on another one, or on the same after it was connected
 * anew. So a request may be executed twice, but never after it was answered, if the server executes nothing of a
 * connection that it has closed. What was answered but not flushed before a server died is that server's to keep: one
 * with a volatile cache of its own loses it, and no client can know.
 */
package io.vduse4j.nbd.client;
