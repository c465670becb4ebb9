package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A connection to a kernel process. Any thread asks; one thread takes the answers. Once it is lost, every call ends at
 * once with the reason.
 */
final class ClientConnection implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ClientConnection.class.getName());

    /** How long {@link #close} waits for the thread. */
    private static final Duration END = Duration.ofSeconds(5);

    private final Path path;
    private final FrameSocket socket;
    private final Duration patience;
    private final String hostName;
    private final Thread receiver;
    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, PendingCall> pending = new ConcurrentHashMap<>();
    /** Why there are no more answers: a failure for every call. Null as long as there are. */
    private final AtomicReference<LinuxException> lost = new AtomicReference<>();

    private ClientConnection(Path path, FrameSocket socket, Duration patience, String hostName) {
        this.path = path;
        this.socket = socket;
        this.patience = patience;
        this.hostName = hostName;
        receiver = Thread.ofPlatform().daemon().name("vduse-kernel-answers").unstarted(this::receive);
    }

    /**
     * Connects and agrees on the version.
     *
     * @param timeout longest wait for all of it
     * @param patience longest wait for the answer to a call that does not wait for anything itself
     */
    static ClientConnection open(Path path, Duration timeout, Duration patience) throws LinuxException {
        long deadline = System.nanoTime() + timeout.toNanos();
        var socket = new FrameSocket(connect(path, timeout), Protocol.MAX_ANSWER, patience);
        try {
            var left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
            var greeting = first(socket, path, left);
            var connection = new ClientConnection(path, socket, patience, name(greeting, path));
            connection.receiver.start();
            var hello = connection.hello(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            if (hello.value() != Protocol.VERSION) {
                connection.close();
                throw new LinuxException(
                        "connect",
                        path.toString(),
                        hello.value() < 0 ? -hello.value() : Errno.EPROTO,
                        "the kernel process does not take version " + Protocol.VERSION);
            }
            return connection;
        } catch (LinuxException failure) {
            socket.close();
            throw failure;
        }
    }

    private Frame hello(Duration timeout) {
        var call = new PendingCall();
        send(call, Op.HELLO, 0, new BodyWriter().u32(Protocol.VERSION).body(), List.of());
        return call.await(timeout.toNanos()).orElseGet(this::silent);
    }

    private static UnixSocket connect(Path path, Duration timeout) throws LinuxException {
        try {
            return UnixSocket.connect(path, timeout);
        } catch (LinuxException failure) {
            if (failure.errno() != Errno.ENOENT && failure.errno() != Errno.ECONNREFUSED) {
                throw failure;
            }
            var explained = new LinuxException(
                    failure.call(),
                    failure.object(),
                    failure.errno(),
                    "no kernel process serves there: start one with vduse kernel --socket " + path);
            explained.initCause(failure);
            throw explained;
        }
    }

    private static Frame first(FrameSocket socket, Path path, Duration timeout) throws LinuxException {
        var greeting = socket.receive(timeout);
        if (greeting.isEmpty() || greeting.get().op() != Op.GREETING.number()) {
            greeting.ifPresent(Frame::discard);
            throw noKernel(path);
        }
        greeting.get().discard();
        return greeting.get();
    }

    private static String name(Frame greeting, Path path) throws LinuxException {
        var body = new BodyReader(greeting);
        if (body.u32() != Protocol.MAGIC) {
            throw noKernel(path);
        }
        int lowest = body.u32();
        int highest = body.u32();
        if (greeting.value() < 0) {
            throw new LinuxException(
                    "connect", path.toString(), -greeting.value(), "the kernel process has its most clients");
        }
        if (lowest > Protocol.VERSION || highest < Protocol.VERSION) {
            throw new LinuxException(
                    "connect",
                    path.toString(),
                    Errno.EPROTONOSUPPORT,
                    "it speaks versions " + lowest + " to " + highest + ", this client version " + Protocol.VERSION);
        }
        return body.string();
    }

    private static LinuxException noKernel(Path path) {
        return new LinuxException("connect", path.toString(), Errno.EPROTO, "what serves there is no kernel process");
    }

    /** What the server calls its host. */
    String hostName() {
        return hostName;
    }

    private void receive() {
        try {
            for (var frame = socket.receive(); frame.isPresent(); frame = socket.receive()) {
                var call = pending.remove(frame.get().id());
                if (call == null) {
                    frame.get().discard();
                } else {
                    call.complete(frame.get());
                }
            }
            lose("it has ended");
        } catch (LinuxException failure) {
            LOG.log(Level.DEBUG, "the connection to the kernel process ends", failure);
            lose("it has ended (" + failure.getMessage() + ")");
        } finally {
            socket.close();
        }
    }

    private void lose(String why) {
        lose(Errno.EIO, why + "; start it again and connect anew");
    }

    /** Ends every call, now and from now on. The first reason counts. */
    private void lose(int errno, String why) {
        lost.compareAndSet(null, new LinuxException("ask", "the kernel process at " + path, errno, why));
        socket.shutdown();
        pending.values().forEach(call -> call.complete(lostAnswer()));
        pending.clear();
    }

    private Frame lostAnswer() {
        var reason = lost.get();
        return Frame.of(Op.GREETING, 0, -reason.errno(), Failures.body(reason));
    }

    /** Asks, and waits for an answer that comes soon: a server that is silent for longer is lost. */
    Frame call(Op op, int node, byte[] body) {
        return call(op, node, body, List.of());
    }

    /** As above, with descriptors; they stay the caller's. */
    Frame call(Op op, int node, byte[] body, List<Fd> descriptors) {
        var call = new PendingCall();
        send(call, op, node, body, descriptors);
        return call.await(patience.toNanos()).orElseGet(this::silent);
    }

    /**
     * Asks, and waits for an answer that may take long.
     *
     * @param time how long the server may take, beside what every call may take
     * @return empty if the time is over; the server may still be at it
     */
    Optional<Frame> longCall(Op op, byte[] body, Duration time) {
        var call = new PendingCall();
        int id = send(call, op, 0, body, List.of());
        var answer = call.await(time.plus(patience).toNanos());
        if (answer.isEmpty()) {
            pending.remove(id);
        }
        return answer;
    }

    /** Sends a request whose answer ends the call, if nothing else does before. @return its number */
    int send(PendingCall call, Op op, int node, byte[] body, List<Fd> descriptors) {
        int id = lastId.incrementAndGet();
        while (pending.putIfAbsent(id, call) != null) {
            // All numbers went by while that one has waited.
            id = lastId.incrementAndGet();
        }
        post(Frame.of(op, id, node, body, descriptors));
        if (lost.get() != null) {
            // Those that were there when it was lost have been ended; this one may have come later.
            pending.remove(id);
            call.complete(lostAnswer());
        }
        return id;
    }

    /** Sends a request without an answer. */
    void post(Frame frame) {
        if (lost.get() == null) {
            try {
                socket.send(frame);
            } catch (LinuxException failure) {
                lose("it has ended (" + failure.getMessage() + ")");
            }
        }
    }

    /** Gives a server up that does not answer. @return the answer that there is then */
    Frame silent() {
        lose("it has not answered for " + patience.toSeconds() + " s");
        return lostAnswer();
    }

    /** The longest wait for an answer that does not wait for anything itself. */
    Duration patience() {
        return patience;
    }

    /** Ends the connection, and with it every node that was opened by it. */
    @Override
    public void close() {
        lose(Errno.EBADF, "this connection was closed");
        boolean interrupted = false;
        try {
            if (Thread.currentThread() != receiver && !receiver.join(END)) {
                LOG.log(Level.WARNING, "the thread that takes the answers of {0} does not end", path);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        socket.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
