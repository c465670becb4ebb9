package io.vduse4j.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;

/** What is owed for one request: given once, at once or later. Belongs to the control thread. */
final class Reply {

    /** A front end that does not read has its socket's buffer, and then this long. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** Every reply but that of GET_CONFIG is as long, or shorter. */
    private static final int NUMBER_BYTES = 8;

    private final UnixSocket socket;
    private final int id;
    private final boolean acknowledges;
    private final long since = System.nanoTime();
    private boolean given;

    /**
     * Owes a reply.
     *
     * @param id number of the request
     * @param acknowledges whether the front end wants to know how a request ended that has no reply of its own
     */
    Reply(UnixSocket socket, int id, boolean acknowledges) {
        this.socket = socket;
        this.id = id;
        this.acknowledges = acknowledges;
    }

    boolean isGiven() {
        return given;
    }

    boolean acknowledges() {
        return acknowledges;
    }

    /** Since when it is owed, a value of {@link System#nanoTime}. */
    long since() {
        return since;
    }

    /** A request without a reply of its own has succeeded. */
    void done() throws LinuxException {
        if (acknowledges) {
            number(0);
        }
        given = true;
    }

    /** Nothing is sent for the request. */
    void nothing() {
        given = true;
    }

    /** A u64. */
    void number(long value) throws LinuxException {
        payload(ByteBuffer.allocate(NUMBER_BYTES).order(ByteOrder.nativeOrder()).putLong(0, value));
    }

    /** A state: index and number. */
    void state(int index, int number) throws LinuxException {
        payload(ByteBuffer.allocate(NUMBER_BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(0, index)
                .putInt(Integer.BYTES, number));
    }

    /** All bytes up to the limit. */
    void payload(ByteBuffer payload) throws LinuxException {
        given = true;
        send(socket, id, VhostUserWire.VERSION | VhostUserWire.REPLY, payload, PATIENCE);
    }

    /** All bytes up to the limit, and a descriptor, which stays the caller's. */
    void payload(ByteBuffer payload, Fd descriptor) throws LinuxException {
        given = true;
        send(socket, id, VhostUserWire.VERSION | VhostUserWire.REPLY, payload, PATIENCE, descriptor);
    }

    /** Sends any message. */
    static void send(UnixSocket socket, int id, int flags, ByteBuffer payload, Duration patience, Fd... descriptors)
            throws LinuxException {
        ByteBuffer bytes = ByteBuffer.allocate(VhostUserWire.HEADER_BYTES + payload.remaining())
                .order(ByteOrder.nativeOrder())
                .putInt(id)
                .putInt(flags)
                .putInt(payload.remaining())
                .put(payload.duplicate())
                .flip();
        socket.send(bytes, List.of(descriptors), patience);
    }
}
