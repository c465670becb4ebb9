package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves {@link NbdExport}s on one socket. Exports come and go while it runs; those that use one when it goes are
 * disconnected after their replies. There is no encryption and nobody is asked who he is: who may connect is decided by
 * the mode of a Unix socket (0600), and over TCP only this host may unless that is asked for.
 */
public final class NbdServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(NbdServer.class.getPackageName());

    /** Clients that may wait to be accepted. */
    private static final int BACKLOG = 128;

    /** Between two looks at deadlines. */
    private static final Duration LOOK = Duration.ofMillis(250);

    /** Memory that was not needed for so many looks is freed. */
    private static final int TRIM_EVERY = 20;

    /** Between an accept that failed (no descriptors) and the next. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** What {@link #close} allows. */
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

    private final ServerSocketChannel listener;
    private final AutoCloseable socket;
    private final SocketAddress address;
    private final NbdLimits limits;
    private final ExportTable exports = new ExportTable();
    private final PayloadMemory memory;
    private final Connections connections = new Connections();
    private final Thread looker = Thread.ofVirtual().name("nbd-look").unstarted(this::look);
    private volatile boolean stopping;

    private NbdServer(ServerSocketChannel listener, AutoCloseable socket, SocketAddress address, NbdLimits limits) {
        this.listener = listener;
        this.socket = socket;
        this.address = address;
        this.limits = limits;
        this.memory = new PayloadMemory(limits.serverBytes());
        Thread.ofVirtual().name("nbd-accept").start(this::accept);
        looker.start();
    }

    /**
     * Listens on a Unix socket of mode 0600.
     *
     * @param path where; a socket that nobody listens on any more is replaced
     * @throws LinuxException EADDRINUSE if somebody listens there, EEXIST if something else is there, ENOENT, EACCES
     */
    public static NbdServer listen(Path path, NbdLimits limits) throws IOException {
        var absolute = path.toAbsolutePath();
        var unix = UnixListener.open(absolute, BACKLOG);
        return new NbdServer(unix.channel(), unix, UnixDomainSocketAddress.of(absolute), limits);
    }

    /**
     * Listens for this host only.
     *
     * @param address a loopback address; port 0 for any
     * @throws LinuxException EPERM for any other address, EADDRINUSE if the port is taken
     */
    public static NbdServer listen(InetSocketAddress address, NbdLimits limits) throws IOException {
        if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
            throw new LinuxException(
                    "listen", address.toString(), Errno.EPERM, "only this host may connect without encryption");
        }
        return listenOpenly(address, limits);
    }

    /**
     * Listens on any address, without encryption, for everybody who can reach it: for networks that are trusted.
     *
     * @param address port 0 for any
     * @throws LinuxException EADDRINUSE if the port is taken
     */
    public static NbdServer listenOpenly(InetSocketAddress address, NbdLimits limits) throws IOException {
        var listener = ServerSocketChannel.open();
        try {
            listener.bind(address, BACKLOG);
            return new NbdServer(listener, listener, listener.getLocalAddress(), limits);
        } catch (IOException failure) {
            listener.close();
            throw new LinuxException("listen", address.toString(), Errno.EADDRINUSE, failure.getMessage());
        }
    }

    /** Returns where it listens. */
    public SocketAddress address() {
        return address;
    }

    /** Returns what a client is told to use an export: {@code nbd+unix:///NAME?socket=PATH}, {@code nbd://HOST:PORT/NAME}. */
    public String uri(String export) {
        return NbdUris.of(address, export);
    }

    /**
     * Serves an export from now on.
     *
     * @param name up to 4096 bytes of UTF-8; the only export is found by the empty name too
     * @param export stays the caller's; to be closed only after {@link #remove} or {@link #stop}
     * @throws IllegalStateException if the name is taken
     */
    public void add(String name, NbdExport export) {
        exports.add(name, export);
    }

    /**
     * Serves an export no more: its clients get the replies they wait for and are disconnected.
     *
     * @param name of the export; nothing happens if there is none
     * @param deadline how long to wait for these replies
     * @throws LinuxException ETIMEDOUT if the export still has requests then
     */
    public void remove(String name, Duration deadline) throws LinuxException {
        var export = exports.remove(name);
        if (export.isPresent()) {
            connections.end(name, connection -> connection.uses(export.get()), deadline);
        }
    }

    /** Returns how many clients are connected. */
    public int connections() {
        return connections.count();
    }

    /**
     * Ends: takes no client and no request any more, replies to those under way, and removes the socket. Again does
     * nothing.
     *
     * @param deadline how long to wait for replies to be taken and for exports to complete
     * @throws IOException ETIMEDOUT if an export still has requests then: it must not be closed; their memory is kept
     */
    public void stop(Duration deadline) throws IOException {
        stopping = true;
        LockSupport.unpark(looker);
        try {
            socket.close();
        } catch (IOException | RuntimeException failure) {
            throw failure;
        } catch (Exception impossible) {
            throw new IOException(impossible);
        }
        connections.end(address.toString(), connection -> true, deadline);
        memory.close();
    }

    /** Ends, with a deadline of 5 seconds. */
    @Override
    public void close() throws IOException {
        stop(CLOSE_DEADLINE);
    }

    private void accept() {
        while (!stopping) {
            try {
                serve(listener.accept());
            } catch (IOException failure) {
                if (!stopping) {
                    LOG.log(System.Logger.Level.WARNING, address + ": a client could not be accepted: " + failure);
                    pause(PAUSE);
                }
            }
        }
    }

    private void serve(SocketChannel channel) throws IOException {
        if (connections.count() >= limits.connections()) {
            LOG.log(System.Logger.Level.DEBUG, "more than {0} clients", limits.connections());
            channel.close();
            return;
        }
        if (address instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
        var connection = new Connection(channel, exports, limits, memory, connections::remove);
        connections.add(connection);
        LockSupport.unpark(looker);
        try {
            connection.start();
        } catch (OutOfMemoryError noThread) {
            connections.remove(connection);
            channel.close();
            throw new IOException("there is no thread for it", noThread);
        }
        if (stopping) {
            connection.drain();
        }
    }

    /** A server that nobody uses looks at nothing: many of them in one process would never let it rest. */
    private void look() {
        boolean alone = false;
        for (int round = 1; !stopping; round++) {
            pause(LOOK);
            long now = System.nanoTime();
            connections.forEach(connection -> connection.checkHandshake(now));
            if (memory.isShort()) {
                connections.forEach(connection -> connection.checkStall(now));
            }
            if (round % TRIM_EVERY == 0) {
                memory.trim();
                while (alone && connections.count() == 0 && !stopping) {
                    LockSupport.park(this); // until the next client comes; it may return without a reason
                }
                alone = connections.count() == 0;
            }
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }
}
