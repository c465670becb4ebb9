package io.vduse4j.nbd;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The replies of one connection, in the order in which requests end. Its thread sends them, as far as the client takes
 * them without being waited for; when it takes no more, what is still under way ends here all the same, unsent. Any
 * thread may {@link #add}.
 */
final class ReplyWriter {
    private static final System.Logger LOG = System.getLogger(ReplyWriter.class.getPackageName());

    /** Gathered of requests that were done at once: replies of 4k to 31 requests, sent by one system call. */
    static final int OUT_BYTES = 128 << 10;

    private static final ByteBuffer[] NONE = {};

    private final ClientSocket socket;
    private final ReplyEncoder encoder;
    private final ConnectionMemory memory;
    private final int places;

    /** What was done at once: up to the position gathered, and sent so far as {@link #sent} stands. */
    private final ByteBuffer gathered;

    private final long gatheredAddress;
    private final ByteBuffer sent;

    private final Queue<ServerRequest> ended = new ConcurrentLinkedQueue<>();

    /** Those whose replies are being sent, and what of them is to be sent yet: from a part on. */
    private final List<ServerRequest> batch = new ArrayList<>();

    private ByteBuffer[] parts = NONE;
    private int firstPart;

    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile long stalledSince;
    private boolean broken;

    /**
     * Prepares for one connection.
     *
     * @param out {@link #OUT_BYTES} of native memory
     * @param memory gets back what requests had
     * @param places requests that may be in flight at once; it bounds the queue here too
     */
    ReplyWriter(ClientSocket socket, ReplyEncoder encoder, MemorySegment out, ConnectionMemory memory, int places) {
        this.socket = socket;
        this.encoder = encoder;
        this.memory = memory;
        this.places = places;
        this.gathered = out.asByteBuffer();
        this.gatheredAddress = out.address();
        this.sent = out.asByteBuffer().limit(0);
    }

    /** Whether another request may begin. */
    boolean hasPlace() {
        return inFlight.get() < places;
    }

    /** Takes a place for a request. */
    void reserve() {
        inFlight.incrementAndGet();
    }

    /** Takes a request that has ended. Any thread. */
    void add(ServerRequest request) {
        ended.add(request);
        socket.wake();
    }

    /** Whether requests have ended that were not replied to. */
    boolean isDue() {
        return !ended.isEmpty();
    }

    /** How many requests have not been replied to. Any thread. */
    int inFlight() {
        return inFlight.get();
    }

    /** Since when the client has taken nothing of what it is sent, in {@link System#nanoTime}; 0 if it is not waited for. */
    long stalledSince() {
        return stalledSince;
    }

    /**
     * Finds room for the reply to a request that is done at once.
     *
     * @param length of its payload
     * @return native address of the payload; 0 if there is no room before the client has taken more
     */
    long roomFor(int length) {
        int needed = ReplyEncoder.MOST_READ_HEAD + length;
        if (gathered.remaining() < needed) {
            send();
        }
        return gathered.remaining() < needed ? 0 : gatheredAddress + gathered.position() + encoder.readHeadBytes();
    }

    /** Replies to a READ whose payload lies where {@link #roomFor} has said. */
    void addRead(long cookie, long offset, int length) {
        encoder.putReadHead(gathered, cookie, offset, length);
        gathered.position(gathered.position() + length);
    }

    /** Replies to a READ of zeroes; {@link #roomFor} has found room for its payload. */
    void addZeroes(long cookie, long offset, int length) {
        encoder.putZeroes(gathered, cookie, offset, length);
    }

    /** Replies to a request that has no answer but that it is done; {@link #roomFor} has found room. */
    void addDone(long cookie) {
        ReplyEncoder.putSimple(gathered, 0, cookie);
    }

    /** Sends what the client takes now; returns whether that is all. */
    boolean send() {
        while (true) {
            try {
                if (!sendParts()) {
                    return false;
                }
                release();
                if (!sendGathered()) {
                    return false;
                }
            } catch (IOException gone) {
                LOG.log(System.Logger.Level.DEBUG, "a client does not take its replies: " + gone);
                giveUp();
                continue;
            }
            if (!fill()) {
                return true;
            }
        }
    }

    /** A reply that was begun comes to its end before another one begins. */
    private boolean sendParts() throws IOException {
        while (!broken && firstPart < parts.length) {
            long before = parts[firstPart].remaining();
            socket.write(parts, firstPart);
            boolean some = parts[firstPart].remaining() != before;
            while (firstPart < parts.length && !parts[firstPart].hasRemaining()) {
                firstPart++;
            }
            if (!some) {
                stall(false);
                return false;
            }
            stall(true);
        }
        return true;
    }

    private boolean sendGathered() throws IOException {
        sent.limit(gathered.position());
        while (!broken && sent.hasRemaining()) {
            int before = sent.position();
            socket.write(sent);
            if (sent.position() == before) {
                stall(false);
                return false;
            }
            stall(true);
        }
        gathered.clear();
        sent.clear().limit(0);
        stalledSince = 0;
        return true;
    }

    /** A client is waited for from the first moment that it takes nothing, until it takes something. */
    private void stall(boolean progress) {
        if (progress || stalledSince == 0) {
            stalledSince = progress ? 0 : System.nanoTime() | 1;
        }
    }

    private void release() {
        for (var request : batch) {
            request.payload.ifPresent(memory::giveBack);
            inFlight.decrementAndGet();
        }
        batch.clear();
        parts = NONE;
        firstPart = 0;
    }

    /** Makes the next replies of what has ended; false if nothing has. */
    private boolean fill() {
        var next = ended.poll();
        if (next == null) {
            return false;
        }
        while (next != null) {
            batch.add(next);
            encoder.add(next);
            next = encoder.hasRoom() ? ended.poll() : null;
        }
        parts = encoder.take();
        return true;
    }

    /** Sends nothing any more: what ends from now on is let go of. */
    private void giveUp() {
        if (!broken) {
            broken = true;
            socket.giveUp();
        }
    }

    /**
     * Sends what is still owed, until everything has ended.
     *
     * @throws IOException if the connection's thread was interrupted; requests may then still be in flight
     */
    void finish() throws IOException {
        while (true) {
            if (socket.isGivenUp()) {
                giveUp();
            }
            boolean all = send();
            if (all && inFlight.get() == 0) {
                return;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new ClosedByInterruptException();
            }
            socket.await(false, !all, () -> isDue() || (socket.isGivenUp() && !broken));
        }
    }
}
