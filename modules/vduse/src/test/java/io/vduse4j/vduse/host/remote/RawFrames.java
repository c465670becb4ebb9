package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bytes of frames that {@link FrameSocket} would not send. */
final class RawFrames {
    private RawFrames() {}

    static ByteBuffer header(int length, int op, int descriptors, int id, int value) {
        return ByteBuffer.allocate(Protocol.HEADER_SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .putShort((short) op)
                .putShort((short) descriptors)
                .putInt(id)
                .putInt(value)
                .flip();
    }

    static ByteBuffer string(Op op, int length, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Protocol.HEADER_SIZE + 4 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(header(Protocol.HEADER_SIZE + 4 + bytes.length, op.number(), 0, 1, 0))
                .putInt(length)
                .put(bytes)
                .flip();
    }

    /** A string of one byte. */
    static ByteBuffer oneByte(Op op, int value) {
        return ByteBuffer.allocate(21)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(header(21, op.number(), 0, 1, 0))
                .putInt(1)
                .put((byte) value)
                .flip();
    }

    static void send(UnixSocket socket, ByteBuffer bytes, Fd... descriptors) throws LinuxException {
        socket.send(bytes, List.of(descriptors), RemoteRig.PATIENCE);
    }

    static void ends(UnixSocket socket) throws LinuxException {
        var buffer = ByteBuffer.allocate(4096);
        try {
            while (!socket.receive(buffer.clear(), 2, RemoteRig.PATIENCE).isEnd()) {
                // The greeting, and answers to what was right.
            }
        } catch (LinuxException reset) {
            assertThat(reset.errno()).isEqualTo(Errno.ECONNRESET);
        }
    }
}
