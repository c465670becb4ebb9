package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.Optional;

/** Reads the requests of one client, checks them, and does or starts them; on the connection's thread. */
final class RequestReader {
    private static final System.Logger LOG = System.getLogger(RequestReader.class.getPackageName());

    /** Longest payload of a refused write that is passed over to go on with the next request. */
    private static final long MOST_SKIPPED = 2L * NbdLimits.MAX_PAYLOAD;

    /** How long a request waits for memory that other requests have, before it is refused. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** How long nothing is sent meanwhile. */
    private static final Duration SLICE = Duration.ofMillis(10);

    private final WireInput input;
    private final Session session;
    private final RequestRules rules;
    private final Conversation conversation;
    private final ReplyWriter replies;
    private final ConnectionMemory memory;
    private final AtOnce atOnce;

    /** Whether memory is held for a payload that is being received. */
    private volatile boolean receiving;

    RequestReader(
            WireInput input, Session session, Conversation conversation, ReplyWriter replies, ConnectionMemory memory) {
        this.input = input;
        this.session = session;
        this.rules = new RequestRules(session);
        this.conversation = conversation;
        this.replies = replies;
        this.memory = memory;
        this.atOnce = new AtOnce(input, replies, session.export().atHand());
    }

    /**
     * Reads until the client disconnects, in good order or by ending its side.
     *
     * @throws IOException if it broke the protocol or the connection broke
     * @throws InterruptedException if this connection is to end at once
     */
    void run() throws IOException, InterruptedException {
        while (!input.atEnd()) {
            if (input.i32() != Nbd.REQUEST_MAGIC) {
                throw new ProtocolException("a request without its magic number");
            }
            int flags = input.u16();
            int command = input.u16();
            long cookie = input.i64();
            long offset = input.i64();
            long length = input.u32();
            if (command == Command.DISC) {
                return;
            }
            int errno = rules.check(command, flags, offset, length);
            if (errno != 0 || !atOnce.run(command, flags, cookie, offset, length)) {
                conversation.until(replies::hasPlace);
                replies.reserve();
                serve(new ServerRequest(cookie, command, flags, offset, length, replies::add), errno);
            }
        }
    }

    /** Since when the client is waited for while memory is held for it; 0 if it is not. */
    long stalledSince() {
        return receiving ? input.waitingSince() : 0;
    }

    private void serve(ServerRequest request, int refused) throws IOException, InterruptedException {
        int errno = refused;
        if (errno == 0 && (request.command == Command.READ || request.command == Command.WRITE)) {
            errno = takeMemory(request);
        }
        if (request.command == Command.WRITE) {
            receive(request, errno);
        }
        if (errno != 0) {
            request.completed(errno);
            return;
        }
        try {
            start(request);
        } catch (RuntimeException fault) {
            LOG.log(System.Logger.Level.WARNING, "an export has refused a request by a fault of its own", fault);
            request.completed(Errno.EIO);
        }
    }

    private int takeMemory(ServerRequest request) throws IOException, InterruptedException {
        int bytes = (int) request.length;
        conversation.until(() -> memory.mayHave(bytes));
        request.payload = memory.take(bytes, Duration.ZERO);
        long began = System.nanoTime();
        while (request.payload.isEmpty() && System.nanoTime() - began < PATIENCE.toNanos()) {
            replies.send(); // what this connection holds itself comes back with its replies
            request.payload = memory.take(bytes, SLICE);
        }
        return request.payload.isPresent() ? 0 : Errno.ENOMEM;
    }

    private void receive(ServerRequest request, int errno) throws IOException {
        if (errno == 0) {
            receiving = true;
            try {
                input.fill(request.payload.orElseThrow().buffer((int) request.length));
            } catch (IOException | RuntimeException broken) {
                // It will not be started: as far as memory and places go, it has ended.
                request.completed(Errno.EIO);
                throw broken;
            } finally {
                receiving = false;
            }
        } else if (request.length > MOST_SKIPPED) {
            request.completed(errno);
            throw new ProtocolException("a write of " + request.length + " bytes");
        } else {
            skip(request);
        }
    }

    private void skip(ServerRequest request) throws IOException {
        try {
            input.skip(request.length);
        } catch (IOException broken) {
            request.completed(Errno.EIO);
            throw broken;
        }
    }

    private void start(ServerRequest request) {
        var export = session.export();
        long offset = request.offset;
        long length = request.length;
        boolean fua = request.has(CommandFlag.FUA);
        switch (request.command) {
            case Command.READ -> export.read(offset, data(request), request);
            case Command.WRITE -> export.write(offset, data(request), fua, request);
            case Command.FLUSH -> export.flush(request);
            case Command.TRIM -> export.trim(offset, length, fua, request);
            case Command.CACHE -> export.cache(offset, length, request);
            case Command.WRITE_ZEROES ->
                export.writeZeroes(offset, length, !request.has(CommandFlag.NO_HOLE), fua, request);
            case Command.BLOCK_STATUS -> {
                var extents = new NbdExtents(length, request.has(CommandFlag.REQ_ONE));
                request.extents = Optional.of(extents);
                export.blockStatus(offset, length, extents, request);
            }
            default -> throw new IllegalStateException("command " + request.command + " was not checked");
        }
    }

    private static MemorySegment data(ServerRequest request) {
        return request.payload.orElseThrow().memory().asSlice(0, request.length);
    }
}
