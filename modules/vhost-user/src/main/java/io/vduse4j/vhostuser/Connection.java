package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.virtio.Fault;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One front end, from its connection until nothing of it is left: its memory, its rings, its requests, of which one at a
 * time is done. Belongs to the control thread.
 */
final class Connection {

    /** A drain waits so long before the memory is taken away. */
    private static final long DRAIN_NANOS = Duration.ofSeconds(2).toNanos();

    /** A request whose rings do not become quiet in this time ends the connection. */
    private static final long REPLY_NANOS = Duration.ofSeconds(60).toNanos();

    /** A message that has begun comes to its end in this time. */
    private static final long MESSAGE_NANOS = Duration.ofSeconds(10).toNanos();

    private final UnixSocket socket;
    private final MessageReader reader;
    private final Complaints complaints;
    private final RingService service;
    private final BackEnd backEnd;
    private Optional<Reply> owed = Optional.empty();
    private boolean ending;
    private boolean ended;
    private long endingSince;

    Connection(UnixSocket socket, ServedDevice served, Complaints complaints, Consumer<Runnable> onControlThread) {
        this.socket = socket;
        this.complaints = complaints;
        reader = new MessageReader(socket);
        int count = served.device().queues();
        var table = new MemoryTable();
        var calls = new Calls(count);
        var rings = new Ring[count];
        for (int i = 0; i < count; i++) {
            rings[i] = new Ring(i);
        }
        service = new RingService(served, table, calls, onControlThread, this::broken, e -> end(e.getMessage()));
        backEnd = new BackEnd(
                served.device(),
                served.options(),
                table,
                service,
                rings,
                calls,
                (reply, problem) -> onControlThread.accept(() -> settle(reply, problem)));
    }

    Fd fd() {
        return socket.fd();
    }

    /** Whether its next request may be read: what is owed for the last one has been given. */
    boolean reads() {
        return !ending && owed().isEmpty();
    }

    private Optional<Reply> owed() {
        return owed.filter(reply -> !reply.isGiven());
    }

    Optional<Fd> awaitedKick(int ring) {
        return ending ? Optional.empty() : backEnd.rings().awaitedKick(ring);
    }

    void kicked(int ring) {
        backEnd.kicked(ring);
    }

    void configChanged() {
        if (!ending) {
            backEnd.configChanged();
        }
    }

    Optional<Session> session() {
        return service.session();
    }

    /** Receives once, and does a request that has become complete. */
    void receive() {
        try {
            Optional<Message> message = reader.receive();
            if (message.isPresent()) {
                try (Message now = message.get()) {
                    handle(now);
                }
            }
        } catch (LinuxException e) {
            end(e.errno() == Errno.ECONNRESET || e.errno() == Errno.EPIPE ? "" : e.getMessage());
        }
    }

    private void handle(Message message) throws LinuxException {
        Optional<VhostUserRequest> request = VhostUserRequest.of(message.id());
        boolean acknowledges = backEnd.acknowledges() && message.needsReply();
        var reply = new Reply(socket, message.id(), acknowledges);
        try {
            backEnd.handle(MessageRules.check(message, request), message, reply);
            owed = Optional.of(reply);
        } catch (RefusedException refused) {
            refuse(message, request, reply, refused);
        }
    }

    /** What cannot be answered ends the connection: the front end would go on as if it were done (VU-07). */
    private void refuse(Message message, Optional<VhostUserRequest> request, Reply reply, RefusedException refused)
            throws LinuxException {
        String what = request.map(VhostUserRequest::name).orElse("request " + Integer.toUnsignedString(message.id()))
                + " is refused: " + refused.getMessage();
        if (request.filter(known -> known == VhostUserRequest.GET_CONFIG).isPresent()) {
            complaints.write(what);
            reply.payload(message.payload().position(0).limit(0)); // no bytes mean an error (VU-04)
        } else {
            refuse(reply, what, request.filter(VhostUserRequest::answers).isEmpty());
        }
    }

    private void refuse(Reply reply, String what, boolean canBeTold) throws LinuxException {
        if (canBeTold && reply.acknowledges()) {
            complaints.write(what);
            reply.number(1);
        } else {
            end(what);
        }
    }

    /** Gives a reply that came later, unless the connection has ended meanwhile. */
    private void settle(Reply reply, Optional<String> problem) {
        if (ending) {
            return;
        }
        try {
            if (problem.isEmpty()) {
                reply.done();
            } else {
                refuse(reply, "SET_CONFIG is refused: " + problem.get(), true);
            }
        } catch (LinuxException e) {
            end(e.getMessage());
        }
    }

    private void broken(int ring, Fault fault) {
        if (ending) {
            return;
        }
        if (fault == Fault.MEMORY_VANISHED) {
            end("the front end's memory vanished, or the device model failed");
        } else {
            backEnd.ringFailed(ring);
        }
    }

    /**
     * Ends it: the front end has gone, or is to go. Its rings are drained before it is let go: QEMU looks at the used index
     * when the connection closes, and has the next back end begin there.
     *
     * @param why for the log; empty if the front end has gone by itself, or the server ends
     */
    void end(String why) {
        if (ending) {
            return;
        }
        ending = true;
        endingSince = System.nanoTime();
        owed = Optional.empty();
        if (!why.isEmpty()) {
            complaints.write("the connection ends: " + why);
        }
        service.end(() -> ended = true);
    }

    /** Whether it is over, and another front end may come. */
    boolean isEnded() {
        return ended;
    }

    /** Whether it is on its way to its end. */
    boolean isEnding() {
        return ending;
    }

    /** Gives up waiting where the time is over. */
    void runOverdue() {
        if (ending && !ended && left(endingSince, DRAIN_NANOS) <= 0) {
            complaints.write("requests are still in flight; their memory is taken away");
            try {
                service.abandon();
            } catch (LinuxException e) {
                throw new IllegalStateException("the front end's memory cannot be taken away", e);
            }
            ended = true;
        } else if (owed().isPresent() && left(owed().get().since(), REPLY_NANOS) <= 0) {
            end("requests are still in flight on rings that are to be quiet");
        } else if (reader.unfinishedSince().isPresent()
                && left(reader.unfinishedSince().get(), MESSAGE_NANOS) <= 0) {
            end("a message has begun and does not come to its end");
        }
    }

    /** Nanoseconds until {@link #runOverdue} has something to do; {@link Long#MAX_VALUE} if it never has. */
    long nanosLeft() {
        if (ending) {
            return ended ? Long.MAX_VALUE : left(endingSince, DRAIN_NANOS);
        }
        long reply = owed().map(now -> left(now.since(), REPLY_NANOS)).orElse(Long.MAX_VALUE);
        return Math.min(
                reply,
                reader.unfinishedSince()
                        .map(since -> left(since, MESSAGE_NANOS))
                        .orElse(Long.MAX_VALUE));
    }

    private static long left(long since, long nanos) {
        return nanos - (System.nanoTime() - since);
    }

    /** Closes what is left once it has ended. */
    void close() {
        reader.close();
        socket.close();
        backEnd.close();
    }
}
