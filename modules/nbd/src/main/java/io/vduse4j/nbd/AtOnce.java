package io.vduse4j.nbd;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Does the requests of one client that need not wait, on its connection's thread: reads into the memory that is sent,
 * writes out of the memory that was received. What is not at hand, or fails here, is left for the other way. One thread's
 * own; allocates nothing a request.
 */
final class AtOnce {
    private static final System.Logger LOG = System.getLogger(AtOnce.class.getPackageName());

    /** Longest write: it must fit into what one read of the socket brings, with requests before it. */
    static final int MOST_WRITTEN = 32 << 10;

    /** Longest read: half of what is gathered for one write to the socket. */
    static final int MOST_READ = ReplyWriter.OUT_BYTES / 2;

    private final WireInput input;
    private final ReplyWriter replies;
    private final AtHand export;
    private final Request request = new Request();
    private final MemorySegment iovec = Arena.ofAuto().allocate(Iovecs.BYTES, 16);

    /** An export that has once declined a write is not asked again: the payload is then received where it is needed. */
    private boolean writes = true;

    AtOnce(WireInput input, ReplyWriter replies, AtHand export) {
        this.input = input;
        this.replies = replies;
        this.export = export;
        request.iov = iovec.address();
        request.iovCount = 1;
    }

    /** Does a request, which was checked; false if it is still to be done, and nothing of its payload was taken. */
    boolean run(int command, int flags, long cookie, long offset, long length) throws IOException {
        return switch (command) {
            case Command.READ -> length <= MOST_READ && read(cookie, offset, (int) length);
            case Command.WRITE ->
                writes && length <= MOST_WRITTEN && write(cookie, (flags & CommandFlag.FUA) != 0, offset, (int) length);
            default -> false;
        };
    }

    private boolean read(long cookie, long offset, int length) {
        long into = replies.roomFor(length);
        int result = into == 0 ? AtHand.NOT_AT_HAND : now(Request.Op.READ, offset, length, into, false);
        switch (result) {
            case 0 -> replies.addRead(cookie, offset, length);
            case AtHand.ZEROES -> replies.addZeroes(cookie, offset, length);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean write(long cookie, boolean fua, long offset, int length) throws IOException {
        long from = input.next(length);
        if (replies.roomFor(0) == 0) {
            return false;
        }
        int errno = now(Request.Op.WRITE, offset, length, from, fua);
        if (errno != 0) {
            writes = errno != AtHand.NOT_AT_HAND;
            return false;
        }
        input.skip(length);
        replies.addDone(cookie);
        return true;
    }

    private int now(Request.Op op, long offset, long length, long memory, boolean fua) {
        request.op = op;
        request.offset = offset;
        request.length = length;
        request.fua = fua;
        Iovecs.set(request.iov, 0, memory, length);
        try {
            return export.now(request);
        } catch (RuntimeException | InternalError fault) {
            LOG.log(System.Logger.Level.WARNING, "an export has refused a request by a fault of its own", fault);
            return AtHand.NOT_AT_HAND;
        }
    }
}
