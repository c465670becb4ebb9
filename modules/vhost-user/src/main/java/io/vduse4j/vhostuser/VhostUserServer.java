package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.DeviceHistory;
import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Poll;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Serves a device to one vhost-user front end at a time, such as a virtual machine monitor. When a front end goes, its
 * rings are drained, its memory is unmapped, and the next one may come; one that comes while another is there is closed
 * at once (VU-13).
 *
 * <p>One control thread does everything but the requests of the driver, which workers do. It never touches a backend and
 * waits for nothing but its descriptors.
 */
public final class VhostUserServer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(VhostUserServer.class.getName());

    private static final int WAKE = 0;
    private static final int LISTENER = 1;
    private static final int FRONT_END = 2;
    private static final int FIRST_KICK = 3;

    /** After a failed accept: the process has no descriptors left, which may pass. */
    private static final long ACCEPT_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

    /** A drain, and what comes with it. */
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(5);

    private final ServedDevice served;
    private final Optional<SocketFile> file;
    private final Optional<UnixSocket> listener;
    private final Complaints complaints;
    private final EventFd wake;
    private final Poll poll;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private Optional<Connection> connection = Optional.empty();
    private long acceptsFrom = System.nanoTime();
    private boolean closing;
    private volatile Optional<Session> session = Optional.empty();

    private VhostUserServer(
            ServedDevice served,
            Optional<SocketFile> file,
            Optional<UnixSocket> listener,
            Optional<UnixSocket> connected)
            throws LinuxException {
        this.served = served;
        this.file = file;
        this.listener = listener;
        complaints = new Complaints(served.options().name());
        wake = EventFd.create();
        poll = new Poll(FIRST_KICK + served.device().queues());
        poll.set(WAKE, wake.fd(), Poll.POLLIN);
        connection = connected.map(this::connect);
        thread = Thread.ofPlatform()
                .name("vhost-user-" + served.options().name())
                .daemon(true)
                .unstarted(this::run);
        served.device().onConfigChange(() -> onControlThread(this::configChanged));
        thread.start();
    }

    /**
     * Listens at a path, for front ends of the same user.
     *
     * @param file listens already; closed by the server, and if this fails
     * @param device what is served; stays the caller's
     * @param pool who works; stays the caller's
     * @throws LinuxException if the process can have no more descriptors
     */
    public static VhostUserServer listen(
            SocketFile file, VirtioDevice device, WorkerPool pool, VhostUserOptions options) throws IOException {
        try {
            return new VhostUserServer(
                    served(device, pool, options), Optional.of(file), Optional.of(file.socket()), Optional.empty());
        } catch (LinuxException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Serves at a socket that was passed to this process: one that listens, or one that a front end is connected to. In
     * the latter case no other comes.
     *
     * @param socket closed by the server, and if this fails
     * @throws LinuxException if it is no Unix stream socket
     */
    public static VhostUserServer serve(Fd socket, VirtioDevice device, WorkerPool pool, VhostUserOptions options)
            throws LinuxException {
        UnixSocket own = UnixSocket.adopt(socket);
        try {
            boolean listens = own.isListening();
            return new VhostUserServer(
                    served(device, pool, options),
                    Optional.empty(),
                    listens ? Optional.of(own) : Optional.empty(),
                    listens ? Optional.empty() : Optional.of(own));
        } catch (LinuxException | RuntimeException e) {
            own.close();
            throw e;
        }
    }

    private static ServedDevice served(VirtioDevice device, WorkerPool pool, VhostUserOptions options) {
        return new ServedDevice(device, options, pool, new DeviceHistory(options.name()));
    }

    /** What serves now, if rings of a front end run. Its counters may be read by any thread. */
    public Optional<Session> session() {
        return session;
    }

    /**
     * Waits until the server has ended: it was closed, or its only front end has gone.
     *
     * @param timeout longest wait
     * @return whether it has ended
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void onControlThread(Runnable task) {
        tasks.add(task);
        wake.signal();
    }

    private Connection connect(UnixSocket socket) {
        return new Connection(socket, served, complaints, this::onControlThread);
    }

    private void configChanged() {
        connection.ifPresent(Connection::configChanged);
    }

    private void run() {
        try {
            while (!(connection.isEmpty() && (closing || listener.isEmpty()))) {
                round();
            }
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, served.options().name() + ": the control thread ends; nothing is served any more", e);
        } finally {
            session = Optional.empty();
            closeListener();
            wake.close();
            ended.countDown();
        }
    }

    private void round() {
        boolean mayAccept = listener.isPresent()
                && !closing
                && connection.filter(Connection::isEnding).isEmpty()
                && System.nanoTime() - acceptsFrom >= 0;
        poll.set(LISTENER, mayAccept ? listener.get().fd() : null, Poll.POLLIN);
        Fd frontEnd =
                connection.filter(now -> !now.isEnding()).map(Connection::fd).orElse(null);
        boolean reads = connection.filter(Connection::reads).isPresent();
        poll.set(FRONT_END, frontEnd, reads ? Poll.POLLIN : 0);
        for (int i = 0; i < served.device().queues(); i++) {
            int ring = i;
            poll.set(
                    FIRST_KICK + i,
                    connection.flatMap(now -> now.awaitedKick(ring)).orElse(null),
                    Poll.POLLIN);
        }
        poll.await(millisLeft());
        boolean accepts = mayAccept && poll.revents(LISTENER) != 0;
        boolean called = frontEnd != null && poll.revents(FRONT_END) != 0;
        wake.drain();
        runTasks();
        runKicks();
        if (called) {
            frontEndCalls(reads);
        }
        // Where the first one is just going, the second waits.
        boolean going = called && (poll.revents(FRONT_END) & Poll.POLLHUP) != 0;
        if (accepts && !going) {
            accept();
        }
        connection.ifPresent(Connection::runOverdue);
        forgetEnded();
        session = connection.flatMap(Connection::session);
    }

    private void runTasks() {
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
    }

    private void runKicks() {
        for (int i = 0; i < served.device().queues(); i++) {
            if (poll.revents(FIRST_KICK + i) != 0 && connection.isPresent()) {
                Connection now = connection.get();
                if (now.awaitedKick(i).isPresent()) {
                    now.kicked(i);
                }
            }
        }
    }

    /** While a reply is owed nothing is read, and only the end of the connection is told. */
    private void frontEndCalls(boolean reads) {
        Connection now = connection.orElseThrow();
        if (reads && now.reads()) {
            now.receive();
        } else if ((poll.revents(FRONT_END) & (Poll.POLLHUP | Poll.POLLERR)) != 0) {
            now.end("");
        }
    }

    private void accept() {
        UnixSocket socket;
        try {
            socket = listener.orElseThrow().accept(Duration.ZERO);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ETIMEDOUT) { // a front end that gave up in this moment
                complaints.write("a front end cannot be accepted: " + e.getMessage());
                acceptsFrom = System.nanoTime() + ACCEPT_PAUSE_NANOS;
            }
            return;
        }
        if (connection.isPresent()) { // VU-13
            complaints.write("another front end is refused: one is connected");
            socket.close();
        } else {
            connection = Optional.of(connect(socket));
        }
    }

    private void forgetEnded() {
        if (connection.filter(Connection::isEnded).isPresent()) {
            connection.get().close();
            connection = Optional.empty();
        }
    }

    private long millisLeft() {
        long nanos = connection.map(Connection::nanosLeft).orElse(Long.MAX_VALUE);
        long accept = acceptsFrom - System.nanoTime();
        nanos = accept > 0 ? Math.min(nanos, accept) : nanos;
        return nanos == Long.MAX_VALUE ? -1 : Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    }

    private void closeListener() {
        try {
            if (file.isPresent()) {
                file.get().close();
            } else {
                listener.ifPresent(UnixSocket::close);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, served.options().name() + ": its socket cannot be removed", e);
        }
    }

    /** Stops serving: requests in flight are finished, within a few seconds, and the front end is let go. */
    @Override
    public void close() {
        onControlThread(() -> {
            closing = true;
            connection.ifPresent(now -> now.end(""));
        });
        boolean interrupted = false;
        try {
            if (!awaitEnd(STOP_DEADLINE)) {
                LOG.log(
                        Level.WARNING,
                        "{0}: the control thread does not end",
                        served.options().name());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
