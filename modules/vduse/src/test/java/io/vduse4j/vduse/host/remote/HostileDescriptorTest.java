package io.vduse4j.vduse.host.remote;

import static io.vduse4j.vduse.host.remote.RawFrames.ends;
import static io.vduse4j.vduse.host.remote.RawFrames.header;
import static io.vduse4j.vduse.host.remote.RawFrames.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.vduse.abi.VduseIoctl;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Descriptors where none belong, and numbers without descriptors (TM-03). */
@Timeout(120)
class HostileDescriptorTest extends LimitedServer {
    /** Descriptors where none belong, and too many, end the connection; the server keeps none of them. */
    @Test
    void descriptorsThatNobodyAskedForAreClosed() throws IOException {
        try (var event = EventFd.create()) {
            var fd = event.fd();
            for (int round = 0; round < 20; round++) {
                try (var socket = rig.rawSocket()) {
                    send(socket, header(16, Op.WRITE.number(), 0, 1, 1), fd);
                    ends(socket);
                }
                try (var socket = rig.rawSocket()) {
                    send(socket, header(16, Op.WRITE.number(), 1, 1, 1), fd);
                    ends(socket);
                }
                try (var socket = rig.rawSocket()) {
                    send(socket, header(16, Op.WRITE.number(), 1, 1, 1), fd, fd);
                    ends(socket);
                }
                try (var socket = rig.rawSocket()) {
                    send(socket, header(20, Op.WRITE.number(), 0, 1, 1));
                    send(socket, ByteBuffer.allocate(4), fd);
                    ends(socket);
                }
                try (var socket = rig.rawSocket()) {
                    send(socket, kickWithoutSayingSo(fd), fd);
                    ends(socket);
                }
                try (var socket = rig.rawSocket()) {
                    send(socket, header(20, Op.WRITE.number(), 1, 1, 1), fd);
                }
            }
        }
    }

    /** An ioctl that may have a descriptor, in a frame that says it has none. */
    private static ByteBuffer kickWithoutSayingSo(Fd fd) {
        return ByteBuffer.allocate(28)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(header(28, Op.IOCTL.number(), 0, 1, 1))
                .putInt(VduseIoctl.VDUSE_VQ_SETUP_KICKFD)
                .putInt(0)
                .putInt(fd.number())
                .flip();
    }

    @Test
    void aDescriptorWithAnotherIoctlEndsTheConnection() throws IOException {
        try (var event = EventFd.create();
                var socket = rig.greeted()) {
            socket.send(Frame.of(Op.OPEN, 1, 0, new BodyWriter().string("disk0").body()));
            int node = socket.receive().orElseThrow().value();
            var body = new BodyWriter()
                    .u32(VduseIoctl.VDUSE_VQ_SETUP_KICKFD)
                    .u32(0)
                    .u32(-1)
                    .body();
            socket.send(Frame.of(Op.IOCTL, 2, node, body, List.of(event.fd())));
            assertThat(socket.receive()).isEmpty();
        }
        assertThat(rig.served.device("disk0").calls()).isZero();
    }

    /** The number of a descriptor of the server's own, without one of the client's: the host is asked of none. */
    @Test
    void aNumberAloneReachesNoFileOfTheServer() throws IOException {
        try (var event = EventFd.create();
                var socket = rig.greeted()) {
            socket.send(Frame.of(Op.OPEN, 1, 0, new BodyWriter().string("disk0").body()));
            int node = socket.receive().orElseThrow().value();
            var body = new BodyWriter()
                    .u32(VduseIoctl.VDUSE_VQ_SETUP_KICKFD)
                    .u32(0)
                    .u32(event.fd().number())
                    .body();
            socket.send(Frame.of(Op.IOCTL, 2, node, body));
            assertThat(socket.receive().orElseThrow().value()).isEqualTo(-Errno.EBADF);
        }
    }
}
