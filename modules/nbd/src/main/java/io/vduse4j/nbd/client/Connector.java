package io.vduse4j.nbd.client;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Connects to a server. Blocks: for platform threads. */
final class Connector {
    /** The handshake's replies are short. */
    private static final int HANDSHAKE_BYTES = 512;

    private final NbdAddress address;

    Connector(NbdAddress address) {
        this.address = address;
    }

    /**
     * A connection at the beginning of its transmission.
     *
     * @param input may have read on already
     */
    record Connected(SocketChannel channel, WireInput input, ServerExport export) {}

    /**
     * Connects and asks for the export.
     *
     * @param deadline for all of it but looking the name up
     * @throws LinuxException with the errno that says what is wrong
     */
    Connected connect(Duration deadline) throws IOException {
        var target = address.resolve();
        if (target instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw failed(Errno.ENOENT, "no host of that name is known", null);
        }
        var channel = target instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
        boolean done = false;
        try {
            var attempt = new FutureTask<>(() -> handshake(channel, target));
            // A virtual one waits for the network; this one waits for it with a deadline.
            Thread.ofVirtual().name("nbd-connect").start(attempt);
            var connected = attempt.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
            done = true;
            return connected;
        } catch (TimeoutException late) {
            throw failed(Errno.ETIMEDOUT, "no answer within " + deadline.toMillis() + " ms", late);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            throw failed(Errno.EINTR, "interrupted", hurry);
        } catch (ExecutionException failure) {
            throw translate(failure.getCause(), target);
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    private Connected handshake(SocketChannel channel, SocketAddress target) throws IOException {
        channel.connect(target);
        if (target instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
        var input = new WireInput(channel, ByteBuffer.allocate(HANDSHAKE_BYTES));
        var export = new ClientHandshake(input, channel, address.export(), address.toString()).run();
        return new Connected(channel, input, export);
    }

    private IOException translate(Throwable cause, SocketAddress target) {
        return switch (cause) {
            case LinuxException known -> known;
            case ConnectException refused -> failed(Errno.ECONNREFUSED, "no server listens there", refused);
            case NoRouteToHostException unreachable -> failed(Errno.EHOSTUNREACH, "", unreachable);
            case IOException gone
            when target instanceof UnixDomainSocketAddress unix && !Files.exists(unix.getPath()) ->
                failed(Errno.ENOENT, "there is no such socket", gone);
            case IOException other -> failed(Errno.EIO, String.valueOf(other.getMessage()), other);
            default -> new IOException("connect " + address + ": " + cause, cause);
        };
    }

    private LinuxException failed(int errno, String detail, Throwable cause) {
        var failure = new LinuxException("connect", address.toString(), errno, detail);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }
}
