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
    private final Thread thread =
            Thread.ofPlatform().daemon().name("nbd-connection").unstarted(this::run);
    private volatile boolean givenUp;

    /** Set when the transmission begins, in this order. */
    private volatile Optional<ClientSocket> socket = Optional.empty();

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
        var own = MemoryBudget.process()
                .child("an NBD connection", INPUT_BYTES + ReplyEncoder.BYTES + ReplyWriter.OUT_BYTES);
        try (own;
                var client = new ClientSocket(channel)) {
            socket = Optional.of(client);
            var heads = own.allocate(ReplyEncoder.BYTES, 8).asByteBuffer();
            var out = own.allocate(ReplyWriter.OUT_BYTES, 64);
            var payloads = new ConnectionMemory(memory, limits.connectionBytes());
            var replies = new ReplyWriter(client, new ReplyEncoder(session, heads), out, payloads, limits.requests());
            var conversation = new Conversation(client, replies);
            var input = handshakeInput.with(
                    conversation, own.allocate(INPUT_BYTES, 64).asByteBuffer());
            var requests = new RequestReader(input, session, conversation, replies, payloads);
            writer = Optional.of(replies);
            reader = Optional.of(requests);
            export = Optional.of(session.export());
            if (givenUp) {
                client.giveUp();
            }
            try {
                // Removed between the handshake and here, nobody would have disconnected this client.
                if (exports.serves(session.export())) {
                    requests.run();
                }
            } finally {
                replies.finish();
            }
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

    /** The connection's thread closes what it uses itself; in the handshake it waits for nothing but the channel. */
    private void closeChannel() {
        givenUp = true;
        var client = socket;
        if (client.isPresent()) {
            client.get().giveUp();
            return;
        }
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            LOG.log(System.Logger.Level.DEBUG, "ending a connection: " + alreadyGone);
        }
    }
}
