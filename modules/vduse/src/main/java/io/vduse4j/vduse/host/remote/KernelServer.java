package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves a host to other processes over a Unix socket. A client whose connection ends is to the host a process that has
 * ended: its nodes are closed, everything else stays as it is.
 *
 * <p>One thread accepts, one receives for each client, and calls that wait have a thread each; clients, their nodes and
 * their waiting calls are limited.
 */
public final class KernelServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(KernelServer.class.getName());

    private static final Duration ACCEPT = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration IDLE_THREAD = Duration.ofSeconds(10);

    private final VduseHost host;
    private final ServerLimits limits;
    private final SocketFile file;
    private final ExecutorService threads;
    private final Map<ServerConnection, Thread> connections = new ConcurrentHashMap<>();
    private final Thread acceptor;
    private volatile boolean closed;

    private KernelServer(VduseHost host, SocketFile file, ServerLimits limits) {
        this.host = host;
        this.file = file;
        this.limits = limits;
        var factory = Thread.ofPlatform().daemon().name("vduse-kernel-call-", 0).factory();
        threads = new ThreadPoolExecutor(
                0, limits.threads(), IDLE_THREAD.toMillis(), TimeUnit.MILLISECONDS, new SynchronousQueue<>(), factory);
        acceptor = Thread.ofPlatform().daemon().name("vduse-kernel-accept").unstarted(this::accept);
    }

    /**
     * Begins to serve. Only processes of the same user can connect. A socket that a killed server has left is removed.
     *
     * @param host what is served; it stays the caller's to close, after the server
     * @param path where the socket is made; at most 107 bytes
     * @throws IOException a {@link LinuxException}: EADDRINUSE if a server lives there
     */
    public static KernelServer listen(VduseHost host, Path path) throws IOException {
        return listen(host, path, ServerLimits.DEFAULT);
    }

    static KernelServer listen(VduseHost host, Path path, ServerLimits limits) throws IOException {
        var server = new KernelServer(host, SocketFile.listen(path), limits);
        server.acceptor.start();
        return server;
    }

    private void accept() {
        while (!closed) {
            try {
                take(file.socket().accept(ACCEPT));
            } catch (LinuxException failure) {
                if (!closed && failure.errno() != Errno.ETIMEDOUT) {
                    LOG.log(Level.WARNING, "a client cannot be taken", failure);
                    // Without descriptors (EMFILE) the client stays in the queue: the next try fails at once, too.
                    LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
                }
            }
        }
    }

    private void take(UnixSocket socket) {
        var connection = new ServerConnection(host, socket, threads, limits);
        if (connections.size() >= limits.connections()) {
            connection.refuse();
            return;
        }
        var thread = Thread.ofPlatform().daemon().name("vduse-kernel-client").unstarted(() -> {
            try {
                connection.run();
            } finally {
                connections.remove(connection);
            }
        });
        connections.put(connection, thread);
        thread.start();
        if (closed) {
            // Closing may have looked before this one was there.
            connection.shutdown();
        }
    }

    /** Where it listens. */
    public Path path() {
        return file.path();
    }

    /** How many clients are connected. */
    int clients() {
        return connections.size();
    }

    /**
     * Ends every connection, which closes their nodes, and removes the socket. Waits for threads that are in the host for
     * some seconds at most; one that is still in then is told in the log.
     *
     * @throws IOException if the socket cannot be removed
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            file.close();
        } finally {
            connections.keySet().forEach(ServerConnection::shutdown);
            threads.shutdown();
            awaitThreads();
        }
    }

    private void awaitThreads() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            acceptor.join(PATIENCE);
            for (var thread : connections.values()) {
                thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
            threads.shutdownNow();
            long left = Math.max(1, deadline - System.nanoTime());
            if (!threads.awaitTermination(left, TimeUnit.NANOSECONDS) || !connections.isEmpty()) {
                LOG.log(
                        Level.WARNING,
                        "{0}: calls of clients have not ended within {1} s",
                        host.name(),
                        PATIENCE.toSeconds());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
