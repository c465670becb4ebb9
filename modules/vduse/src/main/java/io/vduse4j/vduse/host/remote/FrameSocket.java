package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection on which whole frames go. Any thread sends; one thread receives.
 *
 * <p>Never more than the rest of a frame is read at once, so what comes with those bytes belongs to that frame.
 */
final class FrameSocket implements AutoCloseable {
    /** A connection may be silent for as long as it likes; this only bounds one wait. */
    private static final Duration IDLE = Duration.ofHours(1);

    private final UnixSocket socket;
    private final int maxLength;
    private final Duration patience;
    private final ReentrantLock sending = new ReentrantLock();
    // Collected with this object: a thread may still receive while another closes.
    private final MemorySegment header = Arena.ofAuto().allocate(Protocol.HEADER_SIZE, 8);

    /** Whether a part of the frame has come; only the thread that receives knows it. */
    private boolean begun;

    /**
     * Takes over a socket.
     *
     * @param maxLength longest frame that is received, bytes
     * @param patience longest time that a frame may take, once begun, either way
     */
    FrameSocket(UnixSocket socket, int maxLength, Duration patience) {
        this.socket = socket;
        this.maxLength = maxLength;
        this.patience = patience;
    }

    /**
     * Sends a frame; its descriptors stay the caller's. After a failure the connection is of no use: it is ended.
     *
     * @throws LinuxException EPIPE if the peer has ended, ETIMEDOUT if it does not read
     */
    void send(Frame frame) throws LinuxException {
        int length = Protocol.HEADER_SIZE + frame.body().length;
        var bytes = ByteBuffer.allocate(length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .putShort((short) frame.op())
                .putShort((short) frame.descriptors().size())
                .putInt(frame.id())
                .putInt(frame.value())
                .put(frame.body())
                .flip();
        sending.lock();
        try {
            socket.send(bytes, frame.descriptors(), patience);
        } catch (LinuxException failure) {
            shutdown();
            throw failure;
        } finally {
            sending.unlock();
        }
    }

    /**
     * Waits for the next frame.
     *
     * @return empty if the peer has ended the connection between two frames
     * @throws LinuxException EPROTO for what is no frame, ETIMEDOUT for one that does not go on, or what the socket says
     */
    Optional<Frame> receive() throws LinuxException {
        while (true) {
            try {
                return receive(IDLE);
            } catch (LinuxException silence) {
                if (silence.errno() != Errno.ETIMEDOUT || begun) {
                    throw silence;
                }
            }
        }
    }

    /** As above, with a longest wait for the beginning of the frame: ETIMEDOUT. */
    Optional<Frame> receive(Duration timeout) throws LinuxException {
        var descriptors = new ArrayList<Fd>();
        try {
            var frame = receive(descriptors, timeout);
            if (frame.isPresent()) {
                descriptors.clear();
            }
            return frame;
        } finally {
            descriptors.forEach(Fd::close);
        }
    }

    private Optional<Frame> receive(List<Fd> descriptors, Duration timeout) throws LinuxException {
        header.fill((byte) 0);
        begun = false;
        boolean lost = false;
        long done;
        try {
            var begin = socket.receive(header, 1, timeout);
            begun = true;
            if (begin.isEnd()) {
                return Optional.empty();
            }
            descriptors.addAll(begin.descriptors());
            done = begin.length();
        } catch (LinuxException failure) {
            // The bytes were received and the descriptors closed. A server sends a frame by one call, and the kernel
            // does not split what is so short.
            lost = failure.errno() == Errno.EMSGSIZE && header.get(JAVA_INT_UNALIGNED, Protocol.LENGTH) != 0;
            if (!lost) {
                throw failure;
            }
            begun = true;
            done = Protocol.HEADER_SIZE;
        }
        long deadline = System.nanoTime() + patience.toNanos();
        receiveRest(header.asSlice(done), deadline);
        int length = header.get(JAVA_INT_UNALIGNED, Protocol.LENGTH);
        int announced = Short.toUnsignedInt(header.get(JAVA_SHORT_UNALIGNED, Protocol.DESCRIPTORS));
        if (length < Protocol.HEADER_SIZE || length > maxLength) {
            throw violation("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        if (announced != descriptors.size() && !(lost && announced == 1)) {
            throw violation(descriptors.size() + " descriptors with a frame that has " + announced);
        }
        var body = MemorySegment.ofArray(new byte[length - Protocol.HEADER_SIZE]);
        receiveRest(body, deadline);
        return Optional.of(new Frame(
                Short.toUnsignedInt(header.get(JAVA_SHORT_UNALIGNED, Protocol.OP)),
                header.get(JAVA_INT_UNALIGNED, Protocol.ID),
                header.get(JAVA_INT_UNALIGNED, Protocol.VALUE),
                body.toArray(JAVA_BYTE),
                List.copyOf(descriptors),
                lost));
    }

    /** What comes with these bytes is none of ours: the kernel then says EMSGSIZE and has dropped it. */
    private void receiveRest(MemorySegment rest, long deadline) throws LinuxException {
        for (long at = 0; at < rest.byteSize(); ) {
            var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            var received = socket.receive(rest.asSlice(at), 0, left);
            if (received.isEnd()) {
                throw violation("the connection ends within a frame");
            }
            at += received.length();
        }
    }

    private LinuxException violation(String what) {
        return new LinuxException("receive", socket.fd().name(), Errno.EPROTO, what);
    }

    /** Ends the connection: threads that send or receive return. Any thread; never blocks. */
    void shutdown() {
        try {
            socket.shutdown();
        } catch (LinuxException closed) {
            // Only EBADF is possible: then it has ended before.
            assert closed.errno() == Errno.EBADF : closed;
        }
    }

    /** Ends and closes the connection; again does nothing. */
    @Override
    public void close() {
        shutdown();
        socket.close();
    }
}
