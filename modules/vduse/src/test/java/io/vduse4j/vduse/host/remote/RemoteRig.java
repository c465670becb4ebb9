package io.vduse4j.vduse.host.remote;

import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;

/** A scripted host that is served, and a client of it. */
final class RemoteRig implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    final ScriptedHost served = new ScriptedHost();
    final Path path;
    final KernelServer server;
    final RemoteHost client;
    final long descriptors;

    RemoteRig(Path folder) throws IOException {
        this(folder, ServerLimits.DEFAULT);
    }

    RemoteRig(Path folder, ServerLimits limits) throws IOException {
        path = folder.resolve("kernel.sock");
        served.device("control");
        served.device("disk0");
        server = KernelServer.listen(served, path, limits);
        client = connect();
        descriptors = Usage.descriptors();
    }

    /** Another client. */
    RemoteHost connect() throws IOException {
        return RemoteHost.connect(path, PATIENCE, PATIENCE);
    }

    /** A connection that sends what it likes; it has read the greeting. */
    FrameSocket raw() throws IOException {
        var socket = new FrameSocket(UnixSocket.connect(path, PATIENCE), Protocol.MAX_ANSWER, PATIENCE);
        socket.receive(PATIENCE).orElseThrow().discard();
        return socket;
    }

    /** A connection that has said HELLO. */
    FrameSocket greeted() throws IOException {
        var socket = raw();
        socket.send(
                Frame.of(Op.HELLO, 1, 0, new BodyWriter().u32(Protocol.VERSION).body()));
        if (socket.receive(PATIENCE).orElseThrow().value() != Protocol.VERSION) {
            throw new AssertionError("HELLO was refused");
        }
        return socket;
    }

    /** A socket on which HELLO was sent; the greeting waits there. */
    UnixSocket rawSocket() throws IOException {
        // Those before may not have ended yet, and their number is limited.
        Eventually.until("there is room", () -> server.clients() < 3);
        var socket = UnixSocket.connect(path, PATIENCE);
        var hello = ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(RawFrames.header(20, Op.HELLO.number(), 0, 1, 0))
                .putInt(Protocol.VERSION)
                .flip();
        try {
            RawFrames.send(socket, hello);
            return socket;
        } catch (LinuxException refused) {
            socket.close();
            throw refused;
        }
    }

    /**
     * Waits until only the rig's own client is there, and no more descriptors are open than at the beginning: an earlier
     * rig's may still have been open then.
     */
    void awaitNothingLeft() {
        Eventually.until("only one client", () -> server.clients() == 1);
        Eventually.until("no descriptor is left", () -> Usage.descriptors() <= descriptors);
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        served.close();
    }
}
