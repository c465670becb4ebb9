package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * JSON-RPC 2.0 over a Unix socket of mode 0600, one object a line. Each client has a platform thread, on which its calls
 * are made one after another: calls block, also in system calls, which virtual threads must not. A client that sends half
 * a line, or reads no answers, is let go after a while and keeps nobody else waiting meanwhile.
 */
public final class RpcServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RpcServer.class.getPackageName());

    /** Longest line of a client in bytes, its break included. */
    public static final int MOST_BYTES = 64 << 10;

    /** Most clients at a time. */
    public static final int MOST_CLIENTS = 32;

    /** How long a client may take for the rest of a line, and to read an answer. */
    static final Duration LINE = Duration.ofSeconds(10);

    /** How long a client may say nothing. */
    private static final Duration IDLE = Duration.ofMinutes(10);

    /** The listener's thread looks up so often; {@link #close} wakes it. */
    private static final Duration LOOK_UP = Duration.ofHours(1);

    /** Between an accept that failed (no descriptors) and the next. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private static final Duration REFUSAL = Duration.ofMillis(100);

    private final SocketFile file;
    private final RpcHandler handler;
    private final Set<UnixSocket> clients = new HashSet<>();
    private final Duration line;
    private volatile boolean closing;

    private RpcServer(SocketFile file, RpcHandler handler, Duration line) {
        this.file = file;
        this.handler = handler;
        this.line = line;
        Thread.ofPlatform().daemon().name("rpc-accept").start(this::accept);
    }

    /**
     * Listens. A socket at the path that nobody listens to any more is replaced.
     *
     * @param path where, in a folder that exists
     * @param handler does what clients ask for; of several clients at a time
     * @throws IOException EADDRINUSE if a server lives there, EEXIST if there is something that is no socket
     */
    public static RpcServer listen(Path path, RpcHandler handler) throws IOException {
        return listen(path, handler, LINE);
    }

    /** As above, with another patience for half a line and for an answer: a test's. */
    static RpcServer listen(Path path, RpcHandler handler, Duration line) throws IOException {
        return new RpcServer(SocketFile.listen(path), handler, line);
    }

    /** Where it listens. */
    public Path path() {
        return file.path();
    }

    private void accept() {
        while (!closing) {
            try {
                begin(file.socket().accept(LOOK_UP));
            } catch (LinuxException failure) {
                if (!closing && failure.errno() != Errno.ETIMEDOUT) {
                    LOG.log(System.Logger.Level.WARNING, path() + ": a client could not be accepted", failure);
                    pause();
                }
            }
        }
    }

    private void begin(UnixSocket socket) {
        boolean room;
        synchronized (clients) {
            room = clients.size() < MOST_CLIENTS && !closing;
            if (room) {
                clients.add(socket);
            }
        }
        if (room) {
            Thread.ofPlatform().daemon().name("rpc-client").start(() -> serve(socket));
        } else {
            refuse(socket);
        }
    }

    /** A new connection has room for a line, so this does not wait. */
    private static void refuse(UnixSocket socket) {
        var why = new LinuxException(
                "connect", "the daemon", Errno.EAGAIN, "it has " + MOST_CLIENTS + " clients already: try again");
        try (socket) {
            new RpcLines(socket, MOST_BYTES).send(RpcCall.error(Json.Null.NULL, why), REFUSAL);
        } catch (IOException gone) {
            LOG.log(System.Logger.Level.DEBUG, "a client that is one too many has gone: {0}", gone.getMessage());
        }
    }

    private void serve(UnixSocket socket) {
        try (socket) {
            try {
                answerAll(socket);
            } finally {
                // Before it is closed: close() shuts down what it finds here.
                synchronized (clients) {
                    clients.remove(socket);
                }
            }
        } catch (IOException gone) {
            LOG.log(System.Logger.Level.DEBUG, "a client was let go: {0}", gone.getMessage());
        }
    }

    private void answerAll(UnixSocket socket) throws IOException {
        var lines = new RpcLines(socket, MOST_BYTES);
        while (!closing) {
            var request = receive(lines);
            if (request.isEmpty()) {
                return;
            }
            lines.send(RpcCall.answer(request.get(), handler), line);
        }
    }

    /** Returns the next line; empty when the client has gone, or has been told why it is let go. */
    private Optional<String> receive(RpcLines lines) throws IOException {
        try {
            return lines.receive(IDLE, line);
        } catch (LinuxException wrong) {
            var why = new RpcException(RpcException.INVALID_REQUEST, wrong.getMessage());
            lines.send(RpcCall.error(Json.Null.NULL, why), line);
            return Optional.empty();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes no client and no call any more, and removes the socket. Calls that are being made end by themselves. Again does
     * nothing.
     */
    @Override
    public void close() throws IOException {
        synchronized (clients) {
            if (closing) {
                return;
            }
            closing = true;
        }
        try {
            file.close();
        } finally {
            synchronized (clients) {
                for (var client : clients) {
                    client.shutdown();
                }
            }
        }
    }
}
