package io.vduse4j.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Sends the replies of one connection in the order in which requests end, on a virtual thread of its own. When the client
 * takes no more, what is still under way ends here all the same, unsent.
 */
final class ReplyWriter {
    private static final System.Logger LOG = System.getLogger(ReplyWriter.class.getPackageName());

    /** In the queue it says that the reader has ended. */
    private static final ServerRequest END = new ServerRequest(0, 0, 0, 0, 0, request -> {});

    private final SocketChannel channel;
    private final ReplyEncoder encoder;
    private final Semaphore places;
    private final BlockingQueue<ServerRequest> ended = new LinkedBlockingQueue<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean readerEnded;
    private volatile long sendingSince;
    private boolean broken;

    /**
     * Prepares for one connection.
     *
     * @param places requests that may be in flight at once; it bounds the queue here too
     */
    ReplyWriter(SocketChannel channel, ReplyEncoder encoder, int places) {
        this.channel = channel;
        this.encoder = encoder;
        this.places = new Semaphore(places);
    }

    /** Takes a place for a request; waits while there is none. */
    void reserve() throws InterruptedException {
        places.acquire();
        inFlight.incrementAndGet();
    }

    /** Takes a request that has ended. Any thread. */
    void add(ServerRequest request) {
        ended.add(request);
    }

    /** No request comes any more; those in flight are still replied to. */
    void endAfterReplies() {
        readerEnded = true;
        ended.add(END);
    }

    /** How many requests have not been replied to. */
    int inFlight() {
        return inFlight.get();
    }

    /** Since when the client is waited for to take replies, in {@link System#nanoTime}; 0 if it is not. */
    long stalledSince() {
        return sendingSince;
    }

    /**
     * Sends until the reader has ended and everything was replied to.
     *
     * @param released gets each request once nothing of it is needed any more
     * @throws InterruptedException if this connection is given up; requests may then still be in flight
     */
    void run(Consumer<ServerRequest> released) throws InterruptedException {
        var batch = new ArrayList<ServerRequest>();
        while (!readerEnded || inFlight.get() > 0) {
            var next = ended.take();
            while (next != null) {
                if (next != END) {
                    batch.add(next);
                    encoder.add(next);
                }
                next = encoder.hasRoom() ? ended.poll() : null;
            }
            send(encoder.take());
            for (var request : batch) {
                released.accept(request);
                inFlight.decrementAndGet();
                places.release();
            }
            batch.clear();
        }
    }

    private void send(ByteBuffer[] parts) {
        int first = 0;
        try {
            while (!broken && first < parts.length) {
                sendingSince = System.nanoTime() | 1;
                channel.write(parts, first, parts.length - first);
                while (first < parts.length && !parts[first].hasRemaining()) {
                    first++;
                }
            }
        } catch (IOException gone) {
            broken = true;
            LOG.log(System.Logger.Level.DEBUG, "a client does not take its replies: " + gone);
            close();
        } finally {
            sendingSince = 0;
        }
    }

    /** Lets the reader know, which may wait for a client that does not read any more. */
    private void close() {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            LOG.log(System.Logger.Level.DEBUG, "closing a connection: " + alreadyGone);
        }
    }
}
