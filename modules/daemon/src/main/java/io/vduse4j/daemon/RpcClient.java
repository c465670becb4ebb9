package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Calls an {@link RpcServer}. One thread at a time. */
public final class RpcClient implements AutoCloseable {
    /** Longest answer in bytes: all exports that a daemon may have, with the longest paths. */
    private static final int MOST_BYTES = 16 << 20;

    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final UnixSocket socket;
    private final RpcLines lines;
    private long lastId;

    private RpcClient(UnixSocket socket) {
        this.socket = socket;
        this.lines = new RpcLines(socket, MOST_BYTES);
    }

    /**
     * Connects.
     *
     * @param path of the daemon's socket
     * @throws LinuxException ENOENT if no daemon listens there, EACCES
     */
    public static RpcClient connect(Path path) throws LinuxException {
        try {
            return new RpcClient(UnixSocket.connect(path, CONNECT));
        } catch (LinuxException failure) {
            if (failure.errno() == Errno.ENOENT || failure.errno() == Errno.ECONNREFUSED) {
                throw new LinuxException(
                        "connect",
                        path.toString(),
                        Errno.ENOENT,
                        "no daemon listens there: start one with \"vduse daemon\", or name the socket of one"
                                + " (--daemon PATH, $VDUSE_SOCKET)");
            }
            throw failure;
        }
    }

    /**
     * Makes a call.
     *
     * @param params what {@link Json} can write
     * @param timeout longest wait for the answer
     * @return the result, as {@link JsonReader} reads it
     * @throws IOException what the server has thrown, a {@link LinuxException} or an {@link RpcException}; ETIMEDOUT, and
     *     then the call may still be under way; ECONNRESET if the daemon has ended
     */
    public Object call(String method, Map<String, ?> params, Duration timeout) throws IOException {
        long id = ++lastId;
        var request = new LinkedHashMap<String, Object>();
        request.put("jsonrpc", RpcCall.VERSION);
        request.put("id", id);
        request.put("method", method);
        request.put("params", params);
        var line = Json.of(request) + "\n";
        if (line.length() > RpcServer.MOST_BYTES) {
            throw new LinuxException(
                    "call", method, Errno.EINVAL, "it has more than " + RpcServer.MOST_BYTES + " bytes");
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            lines.send(line, timeout);
        } catch (LinuxException failure) {
            // A server that refuses a client says why before it closes.
            if (failure.errno() != Errno.EPIPE) {
                throw failure;
            }
        }
        var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        var answer = lines.receive(left, left);
        if (answer.isEmpty()) {
            throw new LinuxException("call", method, Errno.ECONNRESET, "the daemon has ended the connection");
        }
        return result(id, answer.get());
    }

    private static Object result(long id, String answer) throws IOException {
        try {
            if (JsonReader.read(answer) instanceof Map<?, ?> members) {
                if (members.containsKey("error")) {
                    throw RpcErrors.read(members.get("error"));
                }
                if (members.containsKey("result") && Long.valueOf(id).equals(members.get("id"))) {
                    return members.get("result");
                }
            }
        } catch (JsonException wrong) {
            throw new RpcException(RpcException.PARSE_ERROR, "the daemon's answer is not JSON: " + wrong.getMessage());
        }
        throw new RpcException(RpcException.INVALID_REQUEST, "the daemon's answer is not one to this call");
    }

    @Override
    public void close() {
        socket.close();
    }
}
