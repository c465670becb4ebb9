package io.vduse4j.vhostuser;

import io.vduse4j.linux.Fd;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A request as it was received; nothing in it is checked but the size of the payload. Closing it closes every descriptor
 * that nobody has taken.
 */
final class Message implements AutoCloseable {

    private final int id;
    private final int flags;
    private final ByteBuffer payload;
    private final List<Fd> descriptors;
    private final int received;

    /**
     * Makes a message.
     *
     * @param payload in native byte order
     * @param descriptors the first that came with it
     * @param received how many came
     */
    Message(int id, int flags, ByteBuffer payload, List<Fd> descriptors, int received) {
        this.id = id;
        this.flags = flags;
        this.payload = payload;
        this.descriptors = new ArrayList<>(descriptors);
        this.received = received;
    }

    int id() {
        return id;
    }

    int flags() {
        return flags;
    }

    boolean needsReply() {
        return (flags & VhostUserWire.NEED_REPLY) != 0;
    }

    ByteBuffer payload() {
        return payload;
    }

    /** How many descriptors came, those included that were closed because there were too many. */
    int received() {
        return received;
    }

    /** The next descriptor, which is the caller's from now on. */
    Fd take() {
        return descriptors.removeFirst();
    }

    @Override
    public void close() {
        descriptors.forEach(Fd::close);
        descriptors.clear();
    }
}
