package io.vduse4j.nbd.client;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.MemoryBudgetException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.nbd.wire.ErrorNumbers;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.WireInput;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One connection to the server: a virtual thread that sends jobs of the queue, and one that receives their replies. It
 * ends once and for all when either fails; then the jobs that were not answered are handed to its owner.
 */
final class Link {
    /** What owns links. Called by their threads. */
    interface Owner {
        /** A job was answered: 0 or the server's errno. */
        void answered(Job job, int errno);

        /** Changes whenever a link begins or ends: while it stays, all links lead to the same life of the server. */
        long epoch();

        /** Whether everything is to end. */
        boolean isClosing();

        /** A link has ended, with jobs that were not answered; nobody touches their memory any more. */
        void lost(Link link, Throwable cause, List<Job> unanswered);
    }

    private static final int INPUT_BYTES = 64 << 10;

    /** Requests that go out in one write. */
    private static final int BATCH = 16;

    private final SocketChannel channel;
    private final JobQueue queue;
    private final Owner owner;
    private final WireInput input;
    private final ByteBuffer heads;
    private final MemoryBudget memory;
    private final InFlight inFlight = new InFlight();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger running = new AtomicInteger(2);
    private volatile long lastHeard = System.nanoTime();
    private volatile boolean failed;

    /**
     * Takes a connection over; {@link #start} begins.
     *
     * @param connected at the beginning of its transmission
     */
    Link(Connector.Connected connected, JobQueue queue, Owner owner) {
        this.channel = connected.channel();
        this.queue = queue;
        this.owner = owner;
        this.memory = MemoryBudget.process().child("an NBD link", INPUT_BYTES + BATCH * Nbd.REQUEST_BYTES);
        try {
            this.input = connected.input().with(memory.allocate(INPUT_BYTES, 8).asByteBuffer());
            this.heads = memory.allocate(BATCH * Nbd.REQUEST_BYTES, 8).asByteBuffer();
        } catch (MemoryBudgetException usedUp) {
            memory.close();
            throw usedUp;
        }
    }

    /** Ends what was never started. */
    void abandon() throws IOException {
        memory.close();
        channel.close();
    }

    void start() {
        Thread.ofVirtual().name("nbd-send").start(() -> guard(this::send));
        Thread.ofVirtual().name("nbd-receive").start(() -> guard(this::receive));
    }

    @FunctionalInterface
    private interface Loop {
        void run() throws IOException, InterruptedException;
    }

    private void guard(Loop loop) {
        try {
            loop.run();
        } catch (IOException | InterruptedException | RuntimeException problem) {
            fail(problem);
        }
        if (running.decrementAndGet() == 0) {
            closeChannel();
            memory.close();
            owner.lost(this, failure.get(), inFlight.takeAll());
        }
    }

    /** Ends the connection; what was not answered is sent again on another. The first cause counts. */
    void fail(Throwable cause) {
        failure.compareAndSet(null, cause);
        failed = true;
        closeChannel();
        // The sender may wait for a job.
        queue.wake();
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            failure.compareAndSet(null, alreadyGone);
        }
    }

    /** Ends the connection if the server owes a reply and has been silent for so long. */
    void checkSilence(long now, Duration timeout) {
        if (!inFlight.isEmpty() && now - lastHeard > timeout.toNanos()) {
            fail(new IOException("no reply for " + timeout.toSeconds() + " s"));
        }
    }

    private boolean isEnding() {
        return failed || owner.isClosing();
    }

    private void send() throws IOException, InterruptedException {
        var parts = new ArrayList<ByteBuffer>(2 * BATCH);
        while (!isEnding()) {
            if (!inFlight.reserve(this::isEnding)) {
                break;
            }
            var next = queue.take(this::isEnding);
            if (next.isEmpty()) {
                break;
            }
            heads.clear();
            parts.clear();
            if (inFlight.isEmpty()) {
                lastHeard = System.nanoTime();
            }
            encode(next.get(), parts);
            while (heads.hasRemaining() && inFlight.tryReserve()) {
                next = queue.poll();
                if (next.isEmpty()) {
                    inFlight.unreserve();
                    break;
                }
                encode(next.get(), parts);
            }
            write(parts.toArray(new ByteBuffer[0]));
        }
        if (!failed) {
            disconnect();
        }
    }

    private void encode(Job job, List<ByteBuffer> parts) {
        int begin = heads.position();
        int command = job.send(owner.epoch());
        heads.putInt(Nbd.REQUEST_MAGIC)
                .putShort((short) job.flags())
                .putShort((short) command)
                .putLong(inFlight.add(job))
                .putLong(job.offset())
                .putInt((int) job.length());
        parts.add(heads.slice(begin, Nbd.REQUEST_BYTES));
        if (command == Command.WRITE) {
            parts.add(buffer(job));
        }
    }

    private static ByteBuffer buffer(Job job) {
        return NativeMemory.ALL.asSlice(job.address(), job.length()).asByteBuffer();
    }

    private void write(ByteBuffer[] parts) throws IOException {
        int first = 0;
        while (first < parts.length) {
            channel.write(parts, first, parts.length - first);
            while (first < parts.length && !parts[first].hasRemaining()) {
                first++;
            }
        }
    }

    /** Leaves in good order: nothing is in flight any more. */
    private void disconnect() throws IOException {
        heads.clear();
        heads.putInt(Nbd.REQUEST_MAGIC).putShort((short) 0).putShort((short) Command.DISC);
        heads.putLong(0).putLong(0).putInt(0);
        write(new ByteBuffer[] {heads.slice(0, Nbd.REQUEST_BYTES)});
        channel.shutdownOutput();
    }

    private void receive() throws IOException {
        while (!input.atEnd()) {
            if (input.i32() != Nbd.SIMPLE_REPLY_MAGIC) {
                throw new ProtocolException("a reply without its magic number");
            }
            int error = input.i32();
            long cookie = input.i64();
            var job = inFlight.find(cookie)
                    .orElseThrow(() -> new ProtocolException("a reply to a request that was not made"));
            if (error == Errno.ESHUTDOWN) {
                // The server ends: it has not done this, and the next one will.
                throw new IOException("the server is shutting down");
            }
            if (error == 0 && job.command() == Command.READ) {
                input.fill(buffer(job));
            }
            lastHeard = System.nanoTime();
            inFlight.remove(cookie);
            owner.answered(job, error == 0 ? 0 : ErrorNumbers.toErrno(error));
        }
        throw new EOFException("the server has closed the connection");
    }
}
