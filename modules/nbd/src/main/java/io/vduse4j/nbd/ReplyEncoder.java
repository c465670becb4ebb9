package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.wire.ErrorNumbers;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Chunk;
import io.vduse4j.nbd.wire.Nbd.Command;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Turns ended requests into replies; several make one write to the socket. One thread's own. */
final class ReplyEncoder {
    /** Longest part of a reply that is not payload: extents, or an error and its text. */
    private static final int MOST_HEAD = Nbd.CHUNK_BYTES + 4 + NbdExtents.MOST * 8;

    /** Bytes of the buffer that an encoder needs. */
    static final int BYTES = 8 * MOST_HEAD;

    private final Session session;
    private final ByteBuffer heads;
    private final List<ByteBuffer> parts = new ArrayList<>();

    /** Where the heads begin that are not in {@link #parts} yet. */
    private int begin;

    /**
     * Encodes for one connection.
     *
     * @param heads of {@link #BYTES} bytes
     */
    ReplyEncoder(Session session, ByteBuffer heads) {
        this.session = session;
        this.heads = heads;
    }

    /** Whether another reply fits in. */
    boolean hasRoom() {
        return heads.remaining() >= MOST_HEAD;
    }

    /** Adds the reply to a request. */
    void add(ServerRequest request) {
        int error = ErrorNumbers.ofErrno(request.errno());
        if (request.extents.filter(NbdExtents::isEmpty).isPresent() && error == 0) {
            error = Errno.EIO;
        }
        if (!session.structured() || !answersStructured(request.command)) {
            simple(request, error);
        } else if (error != 0) {
            error(request, error);
        } else {
            data(request);
        }
    }

    private static boolean answersStructured(int command) {
        return command == Command.READ || command == Command.BLOCK_STATUS;
    }

    private void simple(ServerRequest request, int error) {
        heads.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(error).putLong(request.cookie);
        if (error == 0 && request.command == Command.READ) {
            payload(request);
        }
    }

    private void error(ServerRequest request, int error) {
        var text = Errno.text(error).getBytes(StandardCharsets.US_ASCII);
        chunk(Chunk.ERROR, request, 6 + text.length);
        heads.putInt(error).putShort((short) text.length).put(text);
    }

    private void data(ServerRequest request) {
        if (request.command == Command.READ) {
            chunk(Chunk.OFFSET_DATA, request, 8 + (int) request.length);
            heads.putLong(request.offset);
            payload(request);
        } else {
            var extents = request.extents.orElseThrow();
            chunk(Chunk.BLOCK_STATUS, request, 4 + extents.bytes());
            heads.putInt(Session.ALLOCATION_ID);
            extents.put(heads);
        }
    }

    private void chunk(int type, ServerRequest request, int length) {
        heads.putInt(Nbd.STRUCTURED_REPLY_MAGIC)
                .putShort((short) Chunk.FLAG_DONE)
                .putShort((short) type)
                .putLong(request.cookie)
                .putInt(length);
    }

    private void payload(ServerRequest request) {
        cut();
        parts.add(request.payload.orElseThrow().buffer((int) request.length));
    }

    private void cut() {
        if (heads.position() > begin) {
            parts.add(heads.slice(begin, heads.position() - begin));
            begin = heads.position();
        }
    }

    /** Returns all that was added, to be sent before anything is added again. */
    ByteBuffer[] take() {
        cut();
        var taken = parts.toArray(new ByteBuffer[0]);
        parts.clear();
        heads.clear();
        begin = 0;
        return taken;
    }
}
