package io.vduse4j.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A listening socket and its name in the file system, from which only its own is removed.
 *
 * @param socket listens
 * @param path its name
 * @param made the socket file, as it was made; empty if somebody else has made it and goes on listening
 */
public record SocketFile(UnixSocket socket, Path path, Optional<FileStatus> made) implements AutoCloseable {
    private static final int MODE = 0600;
    private static final int BACKLOG = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    /**
     * Listens for clients of the same user. A socket at the path that nobody listens to is left of a server that was
     * killed, and is removed.
     *
     * @throws IOException EADDRINUSE if a server lives there, EEXIST if there is something that is no socket
     */
    public static SocketFile listen(Path path) throws IOException {
        var absolute = path.toAbsolutePath();
        var folder = Objects.requireNonNullElse(absolute.getParent(), absolute);
        // Two servers that start at a time must not remove each other's socket.
        try (var lock = Fd.open(folder.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            await(lock);
            removeStale(path);
            var socket = UnixSocket.listen(path, MODE, BACKLOG);
            try {
                return new SocketFile(socket, path, Optional.of(FileIo.status(path.toString())));
            } catch (LinuxException failure) {
                socket.close();
                throw failure;
            }
        }
    }

    /**
     * Listens at a socket that somebody else has made: who started this process, say. It stays theirs: neither its name
     * goes with {@link #close}, nor the clients that wait there.
     *
     * @param descriptor number of the socket in this process; stays the caller's
     * @param name what messages call it, and what its path is if it has none
     * @throws LinuxException EBADF if that is no open descriptor, ENOTSOCK, EPROTOTYPE if it is no Unix stream socket,
     *     EINVAL if it does not listen
     */
    public static SocketFile passed(int descriptor, String name) throws LinuxException {
        var socket = UnixSocket.adopt(Fd.duplicateOf(descriptor, name));
        try {
            if (!socket.isListening()) {
                throw new LinuxException("listen", name, Errno.EINVAL, "this socket is not a listening one");
            }
            var path = UnixSockets.name(socket.fd());
            return new SocketFile(socket, Path.of(path.isEmpty() ? name : path), Optional.empty());
        } catch (LinuxException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    private static void await(Fd lock) throws LinuxException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!FileLock.tryLock(lock, true)) {
            if (System.nanoTime() - deadline > 0) {
                throw new LinuxException(
                        "lock",
                        lock.name(),
                        Errno.EBUSY,
                        "another process has had it for " + PATIENCE.toSeconds() + " s");
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    private static void removeStale(Path path) throws IOException {
        FileStatus status;
        try {
            status = FileIo.status(path.toString());
        } catch (LinuxException failure) {
            if (failure.errno() == Errno.ENOENT) {
                return;
            }
            throw failure;
        }
        if (!status.isSocket()) {
            throw new LinuxException("listen", path.toString(), Errno.EEXIST, "what is there is no socket");
        }
        try (var other = UnixSocket.connect(path, PATIENCE)) {
            throw new LinuxException(
                    "listen",
                    path.toString(),
                    Errno.EADDRINUSE,
                    "process " + other.peerCredentials().pid() + " serves there; end it, or choose another path");
        } catch (LinuxException failure) {
            if (failure.errno() != Errno.ECONNREFUSED) {
                throw failure;
            }
        }
        Files.delete(path);
    }

    /**
     * Takes no more clients. Of a socket made here a thread that accepts returns, and the name is removed, unless another
     * server has it now.
     */
    @Override
    public void close() throws IOException {
        try (socket) {
            if (made.isPresent()) {
                removeName(made.get());
            }
        }
    }

    private void removeName(FileStatus own) throws IOException {
        try {
            if (Files.exists(path) && FileIo.status(path.toString()).isSameFile(own)) {
                Files.deleteIfExists(path);
            }
        } finally {
            socket.shutdown();
        }
    }
}
