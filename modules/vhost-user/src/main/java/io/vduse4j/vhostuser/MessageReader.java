package io.vduse4j.vhostuser;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts messages together from what a socket has, without ever waiting: a front end may stop after any byte (VU-12). The
 * size in the header bounds what is read, and is bounded itself.
 */
final class MessageReader implements AutoCloseable {

    /** Most descriptors of one system call (net/scm.h, SCM_MAX_FD): with less room the kernel would cut them off. */
    private static final int MAX_DESCRIPTORS = 253;

    private final UnixSocket socket;
    private final ByteBuffer bytes = ByteBuffer.allocate(VhostUserWire.HEADER_BYTES + VhostUserWire.MAX_PAYLOAD)
            .order(ByteOrder.nativeOrder());
    private final List<Fd> descriptors = new ArrayList<>();
    private int received;
    private long since;

    MessageReader(UnixSocket socket) {
        this.socket = socket;
    }

    /**
     * Receives once.
     *
     * @return a message if one is complete
     * @throws LinuxException ECONNRESET if the front end has gone; EPROTO if what it sends is no message; EMSGSIZE if the
     *     process can have no more descriptors
     */
    Optional<Message> receive() throws LinuxException {
        if (bytes.position() == 0) {
            since = System.nanoTime();
        }
        bytes.limit(bytes.position() < VhostUserWire.HEADER_BYTES ? VhostUserWire.HEADER_BYTES : end());
        try {
            UnixSocket.Received now = socket.receive(bytes, MAX_DESCRIPTORS, Duration.ZERO);
            now.descriptors().forEach(this::keep);
            if (now.isEnd()) {
                throw new LinuxException("receive", socket.fd().name(), Errno.ECONNRESET, "the front end has gone");
            }
        } catch (LinuxException e) {
            if (e.errno() == Errno.ETIMEDOUT) {
                return Optional.empty(); // readable a moment ago
            }
            throw e;
        }
        if (bytes.position() < VhostUserWire.HEADER_BYTES || bytes.position() < end()) {
            return Optional.empty();
        }
        return Optional.of(message());
    }

    /** Whether a message has begun and not come to its end since then, a value of {@link System#nanoTime}. */
    Optional<Long> unfinishedSince() {
        return bytes.position() == 0 ? Optional.empty() : Optional.of(since);
    }

    /** A message has at most a descriptor for each region; others are only counted (VU-06). */
    private void keep(Fd descriptor) {
        received++;
        if (descriptors.size() < VhostUserWire.MAX_TABLE_REGIONS) {
            descriptors.add(descriptor);
        } else {
            descriptor.close();
        }
    }

    private int end() throws LinuxException {
        int version = bytes.getInt(VhostUserWire.FLAGS) & VhostUserWire.VERSION_MASK;
        int size = bytes.getInt(VhostUserWire.SIZE);
        if (version != VhostUserWire.VERSION || size < 0 || size > VhostUserWire.MAX_PAYLOAD) {
            throw new LinuxException(
                    "receive",
                    socket.fd().name(),
                    Errno.EPROTO,
                    "not a message: version " + version + ", payload of " + Integer.toUnsignedString(size)
                            + " bytes; it must be 1 and at most " + VhostUserWire.MAX_PAYLOAD);
        }
        return VhostUserWire.HEADER_BYTES + size;
    }

    private Message message() {
        int size = bytes.position() - VhostUserWire.HEADER_BYTES;
        ByteBuffer payload = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
        payload.put(0, bytes, VhostUserWire.HEADER_BYTES, size);
        Message message =
                new Message(bytes.getInt(0), bytes.getInt(VhostUserWire.FLAGS), payload, descriptors, received);
        bytes.clear();
        descriptors.clear();
        received = 0;
        return message;
    }

    /** Closes the descriptors of a message that was not finished; the socket stays the caller's. */
    @Override
    public void close() {
        descriptors.forEach(Fd::close);
        descriptors.clear();
    }
}
