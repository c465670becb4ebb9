package io.vduse4j.vhostuser;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The socket for requests of the back end. Nothing is ever waited for on it, and no reply is asked for. */
final class BackEndChannel implements AutoCloseable {

    private final UnixSocket socket;

    BackEndChannel(UnixSocket socket) {
        this.socket = socket;
    }

    /**
     * Tells that the configuration space has changed.
     *
     * @throws LinuxException ETIMEDOUT if the front end has left so much unread that it does not fit
     */
    void configChanged() throws LinuxException {
        Reply.send(
                socket,
                VhostUserWire.BACKEND_CONFIG_CHANGE,
                VhostUserWire.VERSION,
                ByteBuffer.allocate(0),
                Duration.ZERO);
    }

    @Override
    public void close() {
        socket.close();
    }
}
