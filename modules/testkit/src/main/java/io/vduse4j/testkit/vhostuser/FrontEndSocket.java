package io.vduse4j.testkit.vhostuser;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The messages of a front end, right or wrong. One thread at a time; every wait ends at the timeout. */
public final class FrontEndSocket implements AutoCloseable {

    private static final int MAX_REPLY = 4096;

    private final UnixSocket socket;
    private final Duration timeout;
    private boolean acknowledged;

    private FrontEndSocket(UnixSocket socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * Connects.
     *
     * @param path the back end's socket
     * @param timeout how long each send and each reply may take
     */
    public static FrontEndSocket connect(Path path, Duration timeout) throws LinuxException {
        return new FrontEndSocket(UnixSocket.connect(path, timeout), timeout);
    }

    /**
     * Uses a socket that is connected already; it is closed with this object.
     *
     * @param timeout how long each send and each reply may take
     */
    public static FrontEndSocket of(UnixSocket socket, Duration timeout) {
        return new FrontEndSocket(socket, timeout);
    }

    /** The socket, for bytes of the caller's choice. */
    public UnixSocket socket() {
        return socket;
    }

    /** From now on every request that has no reply of its own is acknowledged, and a refusal is an exception. */
    void acknowledge(long protocolFeatures) {
        acknowledged = (protocolFeatures & VhostUserFeatures.REPLY_ACK) != 0;
    }

    /** The bytes of a message. */
    public static ByteBuffer message(int request, int flags, ByteBuffer payload) {
        return ByteBuffer.allocate(VhostUserWire.HEADER_BYTES + payload.remaining())
                .order(ByteOrder.nativeOrder())
                .putInt(request)
                .putInt(flags)
                .putInt(payload.remaining())
                .put(payload.duplicate())
                .flip();
    }

    /** An empty payload of so many bytes. */
    public static ByteBuffer payload(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }

    /** A payload of one u64. */
    public static ByteBuffer number(long value) {
        return payload(Long.BYTES).putLong(0, value);
    }

    /** A payload of an index and a number. */
    public static ByteBuffer state(int index, int number) {
        return payload(Long.BYTES).putInt(0, index).putInt(Integer.BYTES, number);
    }

    /** Sends a message and waits for nothing. The descriptors stay the caller's. */
    public void send(int request, int flags, ByteBuffer payload, Fd... descriptors) throws LinuxException {
        socket.send(message(request, flags, payload), List.of(descriptors), timeout);
    }

    /**
     * Sends a request that has no reply of its own; if replies were negotiated, waits until it is done.
     *
     * @throws DeviceFaultException if it is refused
     */
    public void request(VhostUserRequest request, ByteBuffer payload, Fd... descriptors) throws LinuxException {
        long result = acknowledged(request, payload, descriptors);
        if (result != 0) {
            throw new DeviceFaultException(request + " is refused: " + result);
        }
    }

    /** As {@link #request}, but returns the result: 0 if it was done, or if replies were not negotiated. */
    public long acknowledged(VhostUserRequest request, ByteBuffer payload, Fd... descriptors) throws LinuxException {
        int flags = VhostUserWire.VERSION | (acknowledged ? VhostUserWire.NEED_REPLY : 0);
        send(request.id(), flags, payload, descriptors);
        return acknowledged ? receive(request.id()).getLong(0) : 0;
    }

    /** Sends a request that has a reply, and returns the reply's payload. */
    public ByteBuffer ask(VhostUserRequest request, ByteBuffer payload) throws LinuxException {
        send(request.id(), VhostUserWire.VERSION, payload);
        return receive(request.id());
    }

    /**
     * What a request was answered with.
     *
     * @param payload the reply's payload
     * @param descriptor what came with it, the caller's
     */
    record Passed(ByteBuffer payload, Fd descriptor) {}

    /** Sends a request whose reply brings a descriptor. */
    Passed askDescriptor(VhostUserRequest request, ByteBuffer payload) throws LinuxException {
        send(request.id(), VhostUserWire.VERSION, payload);
        ByteBuffer header = payload(VhostUserWire.HEADER_BYTES);
        List<Fd> descriptors = socket.receive(header, 1, timeout).descriptors();
        if (header.hasRemaining() || descriptors.size() != 1) {
            descriptors.forEach(Fd::close);
            throw new DeviceFaultException(request + " is answered with " + descriptors.size() + " descriptors");
        }
        return new Passed(receiveBytes(header.getInt(VhostUserWire.SIZE)), descriptors.getFirst());
    }

    /** The u64 that a request is answered with. */
    public long askNumber(VhostUserRequest request) throws LinuxException {
        return ask(request, payload(0)).getLong(0);
    }

    /**
     * Receives a reply.
     *
     * @param request the request that it must be for
     * @throws LinuxException ECONNRESET if the back end has closed
     */
    public ByteBuffer receive(int request) throws LinuxException {
        ByteBuffer header = receiveBytes(VhostUserWire.HEADER_BYTES);
        int flags = header.getInt(VhostUserWire.FLAGS);
        int size = header.getInt(VhostUserWire.SIZE);
        if (header.getInt(0) != request
                || (flags & VhostUserWire.VERSION_MASK) != VhostUserWire.VERSION
                || (flags & VhostUserWire.REPLY) == 0
                || size < 0
                || size > MAX_REPLY) {
            throw new DeviceFaultException("not a reply to request " + request + ": request " + header.getInt(0)
                    + ", flags " + flags + ", " + size + " bytes");
        }
        return receiveBytes(size);
    }

    private ByteBuffer receiveBytes(int count) throws LinuxException {
        ByteBuffer bytes = payload(count);
        while (bytes.hasRemaining()) {
            UnixSocket.Received received = socket.receive(bytes, 0, timeout);
            if (received.isEnd()) {
                throw new LinuxException("receive", socket.fd().name(), Errno.ECONNRESET, "the back end has closed");
            }
        }
        return bytes.flip();
    }

    /**
     * Waits until the back end has closed the connection, and throws away what it has sent before.
     *
     * @return whether it has, within the timeout
     */
    public boolean awaitEnd() throws LinuxException {
        long end = System.nanoTime() + timeout.toNanos();
        ByteBuffer bytes = payload(MAX_REPLY);
        while (System.nanoTime() - end < 0) {
            try {
                if (socket.receive(bytes.clear(), 0, timeout).isEnd()) {
                    return true;
                }
            } catch (LinuxException e) {
                if (e.errno() == Errno.ECONNRESET) {
                    return true;
                }
                if (e.errno() != Errno.ETIMEDOUT) {
                    throw e;
                }
            }
        }
        return false;
    }

    @Override
    public void close() {
        socket.close();
    }
}
