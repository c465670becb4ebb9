package io.vduse4j.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * The socket of a client after the handshake: reads and writes never wait, the connection's thread waits for all at once
 * in {@link #await}. Others may only wake it and give the connection up.
 */
final class ClientSocket implements AutoCloseable {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final AtomicBoolean asleep = new AtomicBoolean();
    private volatile boolean givenUp;

    /**
     * Takes a socket over; it is not closed here.
     *
     * @throws IOException if the process can have no more descriptors
     */
    ClientSocket(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        this.selector = Selector.open();
        try {
            this.key = channel.register(selector, 0);
        } catch (IOException | RuntimeException problem) {
            selector.close();
            throw problem;
        }
    }

    /** Reads what there is: 0 for nothing, -1 at the end. */
    int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    /** Writes what the client takes now. */
    void write(ByteBuffer source) throws IOException {
        channel.write(source);
    }

    /** Writes what the client takes now, from this part on. */
    void write(ByteBuffer[] parts, int first) throws IOException {
        channel.write(parts, first, parts.length - first);
    }

    /**
     * Sleeps until the client has sent or takes something, or somebody wakes; it may return without a reason.
     *
     * @param read whether to wait for what the client sends
     * @param write whether to wait until it takes more
     * @param due looked at once more before the sleep: what makes it true calls {@link #wake} afterwards
     */
    void await(boolean read, boolean write, BooleanSupplier due) throws IOException {
        asleep.set(true);
        if (!due.getAsBoolean()) {
            int wanted = (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
            selector.select();
            selector.selectedKeys().clear();
        }
        asleep.set(false);
    }

    /** Ends a sleep of the connection's thread. Any thread. */
    void wake() {
        if (asleep.compareAndSet(true, false)) {
            selector.wakeup();
        }
    }

    /** Lets the connection's thread notice that it has nothing to wait for any more. Any thread. */
    void giveUp() {
        givenUp = true;
        selector.wakeup();
    }

    /** Whether the connection was given up. */
    boolean isGivenUp() {
        return givenUp || Thread.currentThread().isInterrupted();
    }

    /** Refuses to go on with a connection that was given up. */
    void check() throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new ClosedByInterruptException();
        }
        if (givenUp) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
    }
}
