package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The kernel half of another process, over its Unix socket. It behaves as the host that is served there, but that
 * VDUSE_IOTLB_REG_UMEM answers {@code -EOPNOTSUPP}: it names memory of this process, which the other one cannot reach.
 *
 * <p>Every call has a deadline, but for a poll that was asked to wait for ever. Once the other process has ended, or does
 * not answer any more, each call fails at once with EIO, such a poll too when the process has ended; connect anew to go on.
 */
public final class RemoteHost implements VduseHost {
    /** As long as the kernel waits for a daemon (kernel-behaviour 3.2): silence beyond it is no load. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A probe or a removal takes some messages, each up to the device's timeout. */
    private static final Duration BIND = Duration.ofMinutes(5);

    private final ClientConnection connection;

    private RemoteHost(ClientConnection connection) {
        this.connection = connection;
    }

    /**
     * Connects to a kernel process.
     *
     * @param socket where it listens
     * @param timeout longest wait for the connection
     * @throws IOException a {@link LinuxException}: ENOENT or ECONNREFUSED if none serves there, EBUSY if it has its most
     *     clients, EPROTO or EPROTONOSUPPORT if something else serves there
     */
    public static RemoteHost connect(Path socket, Duration timeout) throws IOException {
        return connect(socket, timeout, PATIENCE);
    }

    static RemoteHost connect(Path socket, Duration timeout, Duration patience) throws IOException {
        return new RemoteHost(ClientConnection.open(socket, timeout, patience));
    }

    /** What the server calls its host. */
    @Override
    public String name() {
        return connection.hostName();
    }

    @Override
    public VduseNode open(String node) throws IOException {
        return new RemoteNode(
                connection, call(Op.OPEN, new BodyWriter().string(node)).value());
    }

    @Override
    public String readAttribute(String device, String attribute) throws IOException {
        var answer = call(Op.READ_ATTRIBUTE, new BodyWriter().string(device).string(attribute));
        return new BodyReader(answer).string();
    }

    @Override
    public void writeAttribute(String device, String attribute, String value) throws IOException {
        call(
                Op.WRITE_ATTRIBUTE,
                new BodyWriter().string(device).string(attribute).string(value));
    }

    @Override
    public NetlinkReply vdpa(int command, boolean dump, byte[] attributes, Duration timeout) throws IOException {
        var body = new BodyWriter()
                .u32(command)
                .u32(dump ? 1 : 0)
                .s64(Math.ceilDiv(timeout.toNanos(), 1_000_000))
                .bytes(attributes);
        return VdpaCodec.reply(longCall(Op.VDPA, body, timeout, "command " + command));
    }

    @Override
    public void bind(String device, String driver) throws IOException {
        longCall(Op.BIND, new BodyWriter().string(device).string(driver), BIND, device);
    }

    @Override
    public List<String> devices() throws IOException {
        var answer = call(Op.DEVICES, new BodyWriter());
        var body = new BodyReader(answer);
        var names = new ArrayList<String>();
        for (int i = 0; i < answer.value(); i++) {
            names.add(body.string());
        }
        return names;
    }

    /** False, too, when the kernel process has ended. */
    @Override
    public boolean isAttached(String device) {
        var answer = connection.call(
                Op.IS_ATTACHED, 0, new BodyWriter().string(device).body());
        answer.discard();
        return answer.value() > 0;
    }

    @Override
    public Optional<VdpaConsumer> consumer(String device) throws IOException {
        var answer = call(Op.CONSUMER, new BodyWriter().string(device));
        if (answer.value() == 0) {
            return Optional.empty();
        }
        var body = new BodyReader(answer);
        var node = body.string();
        long size = body.s64();
        return Optional.of(new VdpaConsumer(node, size < 0 ? OptionalLong.empty() : OptionalLong.of(size)));
    }

    private Frame call(Op op, BodyWriter body) throws LinuxException {
        return checked(connection.call(op, 0, body.body()));
    }

    private Frame longCall(Op op, BodyWriter body, Duration time, String object) throws LinuxException {
        var answer = connection.longCall(op, body.body(), time);
        if (answer.isEmpty()) {
            throw new LinuxException(
                    op.name(), object, Errno.ETIMEDOUT, "the kernel process has not answered; it may still do it");
        }
        return checked(answer.get());
    }

    private static Frame checked(Frame answer) throws LinuxException {
        answer.discard();
        return Failures.orThrow(answer);
    }

    /** Ends the connection: the kernel process closes every node that was opened by it. */
    @Override
    public void close() {
        connection.close();
    }
}
