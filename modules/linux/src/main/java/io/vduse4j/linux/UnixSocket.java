package io.vduse4j.linux;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A Unix stream socket that can pass descriptors. Every wait has a deadline and ends with {@link Errno#ETIMEDOUT}; a
 * signal does not end it. One thread may send while another receives.
 */
public final class UnixSocket implements AutoCloseable {
    private final Fd fd;

    UnixSocket(Fd fd) {
        this.fd = fd;
    }

    /**
     * What one call received.
     *
     * @param length how many bytes, at least 1; or -1 if the peer has closed and there is no more
     * @param descriptors those that came with the bytes; the receiver closes them
     */
    public record Received(long length, List<Fd> descriptors) {
        /** Tells whether the peer has closed and there is no more. */
        public boolean isEnd() {
            return length < 0;
        }
    }

    /**
     * The process at the other end, as it was when it connected.
     *
     * @param pid the process; 0 if it is of another pid namespace
     * @param uid its effective user
     * @param gid its effective group
     */
    public record Credentials(int pid, int uid, int gid) {}

    /**
     * Two connected sockets.
     *
     * @param one one end
     * @param other the other end
     */
    public record Pair(UnixSocket one, UnixSocket other) implements AutoCloseable {
        /** Closes both. */
        @Override
        public void close() {
            one.close();
            other.close();
        }
    }

    /**
     * Makes a socket at a path that does not exist yet, and listens. At no time can more users connect than {@code mode}
     * says. The path is not deleted by {@link #close}.
     *
     * @param path at most 107 bytes; EADDRINUSE if there is something
     * @param mode its permissions, such as 0600; the umask is not applied
     * @param backlog how many may wait to be accepted
     */
    public static UnixSocket listen(Path path, int mode, int backlog) throws LinuxException {
        return UnixSockets.listen(path, mode, backlog);
    }

    /**
     * Connects.
     *
     * @param path at most 107 bytes; ENOENT if there is nothing, ECONNREFUSED if nobody listens
     */
    public static UnixSocket connect(Path path, Duration timeout) throws LinuxException {
        return UnixSockets.connect(path, timeout);
    }

    /** Makes two sockets that are connected to each other. */
    public static Pair pair() throws LinuxException {
        return UnixSockets.pair();
    }

    /**
     * Takes over a socket that was got from somebody else: inherited, or passed by a peer. It is put into non-blocking
     * mode, and closed if it is of another kind.
     *
     * @throws LinuxException ENOTSOCK, or EPROTOTYPE if it is no Unix stream socket
     */
    public static UnixSocket adopt(Fd fd) throws LinuxException {
        return UnixSockets.adopt(fd);
    }

    /** Tells whether it listens, and connections can be accepted. */
    public boolean isListening() throws LinuxException {
        return UnixSockets.option(fd, SocketLayout.SO_ACCEPTCONN) != 0;
    }

    /** Waits for the next connection of a listening socket. */
    public UnixSocket accept(Duration timeout) throws LinuxException {
        long deadline = Deadline.in(timeout);
        while (true) {
            long number = fd.onThis(
                    SyscallNumber.ACCEPT4, 0, 0, SocketLayout.SOCK_CLOEXEC | SocketLayout.SOCK_NONBLOCK, 0, 0);
            if (number >= 0) {
                return new UnixSocket(Fd.adopt((int) number, "connection to " + fd.name()));
            }
            // A peer that gave up meanwhile is not the listener's failure.
            if (number != -Errno.ECONNABORTED) {
                waitOrThrow(number, Poll.POLLIN, deadline, "accept");
            }
        }
    }

    /**
     * Sends all bytes that remain, and descriptors with the first of them.
     *
     * @param bytes its position is moved to its limit
     * @param descriptors at most 253; they stay the caller's. None can go without a byte
     * @throws LinuxException EPIPE if the peer has closed; after ETIMEDOUT a part may have been sent
     */
    public void send(ByteBuffer bytes, List<Fd> descriptors, Duration timeout) throws LinuxException {
        send(MemorySegment.ofBuffer(bytes), descriptors, timeout);
        bytes.position(bytes.limit());
    }

    /**
     * Sends all bytes of a segment, and descriptors with the first of them.
     *
     * @param descriptors at most 253; they stay the caller's. None can go without a byte
     * @throws LinuxException EPIPE if the peer has closed; after ETIMEDOUT a part may have been sent
     */
    public void send(MemorySegment bytes, List<Fd> descriptors, Duration timeout) throws LinuxException {
        UnixTransfer.send(this, bytes, descriptors, Deadline.in(timeout));
    }

    /**
     * Receives what there is, at least a byte, and the descriptors that came with it.
     *
     * @param buffer with at least a byte left; its position is moved
     * @param maxDescriptors 0 to 253
     * @throws LinuxException EMSGSIZE if more descriptors came, or the process can have no more; all are closed then
     */
    public Received receive(ByteBuffer buffer, int maxDescriptors, Duration timeout) throws LinuxException {
        var received = receive(MemorySegment.ofBuffer(buffer), maxDescriptors, timeout);
        if (!received.isEnd()) {
            buffer.position(buffer.position() + (int) received.length());
        }
        return received;
    }

    /**
     * Receives what there is, at least a byte, and the descriptors that came with it.
     *
     * @param buffer of at least a byte
     * @param maxDescriptors 0 to 253
     * @throws LinuxException EMSGSIZE if more descriptors came, or the process can have no more; all are closed then
     */
    public Received receive(MemorySegment buffer, int maxDescriptors, Duration timeout) throws LinuxException {
        return UnixTransfer.receive(this, buffer, maxDescriptors, Deadline.in(timeout));
    }

    /** Returns who is at the other end. */
    public Credentials peerCredentials() throws LinuxException {
        return UnixSockets.peerCredentials(fd);
    }

    /** Ends both directions: threads that wait on this socket, in whatever process, return. */
    public void shutdown() throws LinuxException {
        long result = fd.onThis(SyscallNumber.SHUTDOWN, SocketLayout.SHUT_RDWR, 0, 0, 0, 0);
        if (result != -Errno.ENOTCONN) {
            Syscall.orThrow(result, "shutdown", fd.name());
        }
    }

    /** Returns the descriptor, in order to wait for it with others; it stays this object's. */
    public Fd fd() {
        return fd;
    }

    /** Closes this end; again does nothing. It does not wake a thread that waits: see {@link #shutdown}. */
    @Override
    public void close() {
        fd.close();
    }

    /** After a call that failed: waits until it is worth to try again, or throws what it means. */
    void waitOrThrow(long result, int events, long deadline, String call) throws LinuxException {
        if (result != -Errno.EAGAIN) {
            Syscall.orThrow(result, call, fd.name());
        }
        if (Syscall.orThrow(Poll.awaitOne(fd, events, deadline), call, fd.name()) == 0) {
            throw new LinuxException(call, fd.name(), Errno.ETIMEDOUT);
        }
    }
}
