package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * One client. Its frames are taken in order by one thread, which also runs the calls that do not wait; polls, closes and
 * calls of the host run on other threads, so that none of them holds another one up.
 *
 * <p>When the connection ends, however it does, its open nodes are closed: to the host it is a process that has ended.
 */
final class ServerConnection {
    private static final Logger LOG = System.getLogger(ServerConnection.class.getName());

    /** A request that was decoded. */
    private interface Work {
        Frame run() throws IOException;
    }

    private final VduseHost host;
    private final HostCalls hostCalls;
    private final FrameSocket socket;
    private final CallThreads threads;
    private final NodeTable nodes;
    // Only the thread that receives knows it.
    private boolean greeted;

    ServerConnection(VduseHost host, UnixSocket socket, Executor threads, ServerLimits limits) {
        this.host = host;
        hostCalls = new HostCalls(host);
        this.socket = new FrameSocket(socket, Protocol.MAX_REQUEST, limits.patience());
        this.threads = new CallThreads(threads, limits.calls());
        nodes = new NodeTable(host, limits.nodes());
    }

    /** Serves until the client or the server ends the connection. */
    void run() {
        try {
            greet(0);
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                try {
                    handle(frame.get());
                } finally {
                    frame.get().discard();
                }
            }
        } catch (LinuxException ended) {
            // Not a warning: a peer could fill the log with it.
            LOG.log(Level.DEBUG, "a client's connection ends", ended);
        } finally {
            socket.close();
            nodes.close();
        }
    }

    /** Ends the connection; {@link #run} returns soon. Any thread. */
    void shutdown() {
        socket.shutdown();
    }

    /** Tells the client that there is no room for it. */
    void refuse() {
        try (socket) {
            greet(-Errno.EBUSY);
        } catch (LinuxException gone) {
            LOG.log(Level.DEBUG, "a client is gone before it was refused", gone);
        }
    }

    private void greet(int result) throws LinuxException {
        var body = new BodyWriter()
                .u32(Protocol.MAGIC)
                .u32(Protocol.VERSION)
                .u32(Protocol.VERSION)
                .string(host.name());
        socket.send(Frame.of(Op.GREETING, 0, result, body.body()));
    }

    private void handle(Frame frame) throws LinuxException {
        var op = Op.of(frame);
        if (frame.lost() || (!frame.descriptors().isEmpty() && op != Op.IOCTL)) {
            throw violation("a descriptor where none belongs");
        }
        if (greeted == (op == Op.HELLO)) {
            throw violation(greeted ? "a second HELLO" : op + " before HELLO");
        }
        switch (op) {
            case HELLO -> hello(frame);
            case OPEN -> open(frame);
            case CLOSE -> close(frame);
            case IOCTL, READ, WRITE, POLL -> ofNode(op, frame);
            case CANCEL -> nodes.cancel(new BodyReader(frame).u32());
            case READ_ATTRIBUTE, WRITE_ATTRIBUTE, VDPA, BIND, IS_ATTACHED, CONSUMER, DEVICES ->
                background(op, frame.id(), hostCalls.decode(op, frame)::run);
            case GREETING -> throw violation("a greeting");
        }
    }

    private void hello(Frame frame) throws LinuxException {
        var body = new BodyReader(frame);
        int version = body.u32();
        body.end();
        greeted = version == Protocol.VERSION;
        socket.send(Frame.of(Op.HELLO, frame.id(), greeted ? version : -Errno.EPROTONOSUPPORT));
    }

    private void open(Frame frame) throws LinuxException {
        var body = new BodyReader(frame);
        var name = body.string();
        body.end();
        answer(Op.OPEN, frame.id(), () -> Frame.of(Op.OPEN, frame.id(), nodes.open(name)));
    }

    private void close(Frame frame) throws LinuxException {
        var node = nodes.remove(frame.value());
        if (node.isEmpty()) {
            socket.send(Frame.of(Op.CLOSE, frame.id(), -Errno.EBADF));
            return;
        }
        Work close = () -> {
            node.get().node().close();
            return Frame.of(Op.CLOSE, frame.id(), 0);
        };
        // Without a thread it holds up what the client asks next, but it is done.
        if (!threads.run(() -> answerOrLog(Op.CLOSE, frame.id(), close))) {
            answer(Op.CLOSE, frame.id(), close);
        }
    }

    private void ofNode(Op op, Frame frame) throws LinuxException {
        var found = nodes.find(frame.value());
        if (found.isEmpty()) {
            socket.send(Frame.of(op, frame.id(), -Errno.EBADF));
            return;
        }
        var node = found.get();
        switch (op) {
            case IOCTL -> ioctl(node, frame);
            case READ -> {
                var body = new BodyReader(frame);
                int length = body.u32();
                body.end();
                answer(op, frame.id(), () -> node.read(frame.id(), length));
            }
            case WRITE -> answer(op, frame.id(), () -> node.write(frame));
            default -> poll(node, frame);
        }
    }

    private void ioctl(ServedNode node, Frame frame) throws LinuxException {
        var body = new BodyReader(frame);
        int request = body.u32();
        var argument = body.rest();
        if (!frame.descriptors().isEmpty() && !IoctlShape.namesDescriptor(request, argument)) {
            throw violation("a descriptor where none belongs");
        }
        answer(Op.IOCTL, frame.id(), () -> node.ioctl(frame.id(), request, argument, frame.descriptors()));
    }

    private void poll(ServedNode node, Frame frame) throws LinuxException {
        var wait = Wait.of(frame);
        if (wait.timeoutMillis() == 0) {
            answer(Op.POLL, frame.id(), () -> Frame.of(Op.POLL, frame.id(), node.poll(wait)));
            return;
        }
        nodes.begin(frame.id(), wait);
        boolean begun = background(Op.POLL, frame.id(), () -> {
            try {
                return Frame.of(Op.POLL, frame.id(), node.poll(wait));
            } finally {
                nodes.end(frame.id());
            }
        });
        if (!begun) {
            nodes.end(frame.id());
        }
    }

    private boolean background(Op op, int id, Work work) throws LinuxException {
        boolean begun = threads.run(() -> answerOrLog(op, id, work));
        if (!begun) {
            var full = new LinuxException(
                    op.name(), "kernel process", Errno.ENOBUFS, "too many calls of this client wait already");
            socket.send(Failures.answer(op, id, full));
        }
        return begun;
    }

    private void answerOrLog(Op op, int id, Work work) {
        try {
            answer(op, id, work);
        } catch (LinuxException gone) {
            LOG.log(Level.DEBUG, "a client is gone before its answer", gone);
        }
    }

    /** Runs work and sends what it answers, or how it has failed. */
    private void answer(Op op, int id, Work work) throws LinuxException {
        Frame answer;
        try {
            answer = work.run();
        } catch (IOException failure) {
            answer = Failures.answer(op, id, failure);
        } catch (RuntimeException | InternalError defect) {
            LOG.log(Level.ERROR, host.name() + ": " + op + " has failed by a defect", defect);
            answer = Failures.answer(op, id, new IOException("a defect of the kernel process: " + defect, defect));
        }
        try {
            socket.send(answer);
        } finally {
            answer.discard();
        }
    }

    private static LinuxException violation(String what) {
        return new LinuxException("receive", "frame", Errno.EPROTO, what);
    }
}
