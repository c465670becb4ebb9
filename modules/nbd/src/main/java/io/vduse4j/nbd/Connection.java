package io.vduse4j.nbd;

import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.MemoryBudgetException;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.function.Consumer;

/** One client, from the handshake to the last reply. */
final class Connection {
    private static final System.Logger LOG = System.getLogger(Connection.class.getPackageName());

    /** Enough for the handshake: no memory outside of the heap for who may never begin. */
    private static final int HANDSHAKE_BYTES = 512;

    /** One read of the socket brings so much, of many small requests or of the beginning of a large one. */
    private static final int INPUT_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final ExportTable exports;
    private final NbdLimits limits;
    private final PayloadMemory memory;
    private final Consumer<Connection> ended;
    private final long began = System.nanoTime();
    private final Thread thread = Thread.ofVirtual().name("nbd-connection").unstarted(this::run);

    /** Set when the transmission begins, in this order. */
    private volatile Optional<ReplyWriter> writer = Optional.empty();

    private volatile Optional<RequestReader> reader = Optional.empty();
    private volatile Optional<NbdExport> export = Optional.empty();

    /**
     * Prepares to serve a client.
     *
     * @param channel belongs to the connection now
     * @param ended gets the connection when nothing of it is left
     */
    Connection(
            SocketChannel channel,
            ExportTable exports,
            NbdLimits limits,
            PayloadMemory memory,
            Consumer<Connection> ended) {
        this.channel = channel;
        this.exports = exports;
        this.limits = limits;
        this.memory = memory;
        this.ended = ended;
    }

    /** Begins. */
    void start() {
        thread.start();
    }

    private void run() {
        try (channel) {
            var input = new WireInput(channel, ByteBuffer.allocate(HANDSHAKE_BYTES));
            var session = new Handshake(input, channel, exports, limits.options()).run();
            if (session.isPresent()) {
                transmit(session.get(), input);
            }
        } catch (IOException | MemoryBudgetException broken) {
            // A client can do this any number of times: not for the log.
            LOG.log(System.Logger.Level.DEBUG, "a connection has ended: " + broken);
        } catch (InterruptedException givenUp) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException fault) {
            LOG.log(System.Logger.Level.WARNING, "a connection has ended by a fault of ours", fault);
        } finally {
            ended.accept(this);
        }
    }

    private void transmit(Session session, WireInput handshakeInput) throws IOException, InterruptedException {
        var own = MemoryBudget.process().child("an NBD connection", INPUT_BYTES + ReplyEncoder.BYTES);
        WireInput input;
        ByteBuffer heads;
        try {
            input = handshakeInput.with(own.allocate(INPUT_BYTES, 8).asByteBuffer());
            heads = own.allocate(ReplyEncoder.BYTES, 8).asByteBuffer();
        } catch (MemoryBudgetException usedUp) {
            own.close();
            throw usedUp;
        }
        var replies = new ReplyWriter(channel, new ReplyEncoder(session, heads), limits.requests());
        var requests = new RequestReader(input, session, replies, memory, limits.connectionBytes());
        writer = Optional.of(replies);
        reader = Optional.of(requests);
        export = Optional.of(session.export());
        var sender = Thread.ofVirtual().name("nbd-replies").start(() -> send(replies, requests));
        try {
            // Removed between the handshake and here, nobody would have disconnected this client.
            if (exports.serves(session.export())) {
                requests.run();
            }
        } finally {
            replies.endAfterReplies();
            // Given up, the memory is kept: the sender may still use it.
            join(sender);
            own.close();
        }
    }

    private static void send(ReplyWriter replies, RequestReader requests) {
        try {
            replies.run(requests::released);
        } catch (InterruptedException givenUp) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits without a deadline of its own: the server has one, and then interrupts. */
    private static void join(Thread sender) throws InterruptedException {
        try {
            sender.join();
        } catch (InterruptedException givenUp) {
            sender.interrupt();
            throw givenUp;
        }
    }

    /** Whether it uses an export. */
    boolean uses(NbdExport one) {
        return export.filter(used -> used == one).isPresent();
    }

    /** Ends the connection if the handshake takes longer than it may. */
    void checkHandshake(long now) {
        if (writer.isEmpty() && now - began > limits.handshake().toNanos()) {
            closeChannel();
        }
    }

    /** Ends the connection if it has held memory for longer than it may while others wait for some. */
    void checkStall(long now) {
        if (isLongAgo(now, writer.map(ReplyWriter::stalledSince).orElse(0L))
                || isLongAgo(now, reader.map(RequestReader::stalledSince).orElse(0L))) {
            closeChannel();
        }
    }

    private boolean isLongAgo(long now, long since) {
        return since != 0 && now - since > limits.stall().toNanos();
    }

    /** Takes no further request; those in flight are still replied to. */
    void drain() {
        if (reader.isEmpty()) {
            closeChannel();
            return;
        }
        try {
            channel.shutdownInput();
        } catch (IOException alreadyGone) {
            LOG.log(System.Logger.Level.DEBUG, "ending a connection: " + alreadyGone);
        }
    }

    /** Ends without waiting for anything. Requests that an export has not completed keep their memory. */
    void abort() {
        closeChannel();
        thread.interrupt();
    }

    /** How many requests have not been replied to. */
    int inFlight() {
        return writer.map(ReplyWriter::inFlight).orElse(0);
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            LOG.log(System.Logger.Level.DEBUG, "ending a connection: " + alreadyGone);
        }
    }
}
