package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vhostuser.VhostUserWire;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The message by which a back end tells that its configuration space has changed. */
final class ConfigChange {

    private ConfigChange() {}

    /** Waits for one; false if none comes. */
    static boolean await(UnixSocket channel) throws LinuxException {
        return receive(channel, UserRig.PATIENCE);
    }

    /** Whether one has come. */
    static boolean isThere(UnixSocket channel) throws LinuxException {
        return receive(channel, Duration.ZERO);
    }

    private static boolean receive(UnixSocket channel, Duration patience) throws LinuxException {
        ByteBuffer header = FrontEndSocket.payload(VhostUserWire.HEADER_BYTES);
        try {
            assertThat(channel.receive(header, 0, patience).length()).isEqualTo(VhostUserWire.HEADER_BYTES);
        } catch (LinuxException e) {
            if (e.errno() == Errno.ETIMEDOUT) {
                return false;
            }
            throw e;
        }
        assertThat(header.getInt(0)).isEqualTo(VhostUserWire.BACKEND_CONFIG_CHANGE);
        assertThat(header.getInt(VhostUserWire.FLAGS)).isEqualTo(VhostUserWire.VERSION);
        assertThat(header.getInt(VhostUserWire.SIZE)).isZero();
        return true;
    }
}
