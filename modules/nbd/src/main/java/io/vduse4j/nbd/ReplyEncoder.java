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

    /** Payload of a chunk that is a hole. */
    private static final int HOLE_BYTES = 12;

    private static final byte[] ZEROES = new byte[4096];

    /** Longest part of a reply to READ that is not payload. */
    static final int MOST_READ_HEAD = Nbd.CHUNK_BYTES + HOLE_BYTES;

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

    /** Bytes that {@link #putReadHead} puts. */
    int readHeadBytes() {
        return session.structured() ? Nbd.CHUNK_BYTES + Long.BYTES : Nbd.SIMPLE_REPLY_BYTES;
    }

    /** Puts what stands before the payload of a READ that was done. */
    void putReadHead(ByteBuffer into, long cookie, long offset, int length) {
        if (session.structured()) {
            putChunk(into, Chunk.OFFSET_DATA, cookie, 8 + length);
            into.putLong(offset);
        } else {
            putSimple(into, 0, cookie);
        }
    }

    /** Puts the whole reply to a READ of zeroes, for which {@link #MOST_READ_HEAD} and the length are room enough. */
    void putZeroes(ByteBuffer into, long cookie, long offset, int length) {
        if (session.structured()) {
            putChunk(into, Chunk.OFFSET_HOLE, cookie, HOLE_BYTES);
            into.putLong(offset).putInt(length);
        } else {
            putSimple(into, 0, cookie);
            for (int put = 0; put < length; put += ZEROES.length) {
                into.put(ZEROES, 0, Math.min(ZEROES.length, length - put));
            }
        }
    }

    /** Puts a simple reply. */
    static void putSimple(ByteBuffer into, int error, long cookie) {
        into.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(error).putLong(cookie);
    }

    private void simple(ServerRequest request, int error) {
        putSimple(heads, error, request.cookie);
        if (error == 0 && request.command == Command.READ) {
            payload(request);
        }
    }

    private void error(ServerRequest request, int error) {
        var text = Errno.text(error).getBytes(StandardCharsets.US_ASCII);
        putChunk(heads, Chunk.ERROR, request.cookie, 6 + text.length);
        heads.putInt(error).putShort((short) text.length).put(text);
    }

    private void data(ServerRequest request) {
        if (request.command == Command.READ) {
            putReadHead(heads, request.cookie, request.offset, (int) request.length);
            payload(request);
        } else {
            var extents = request.extents.orElseThrow();
            putChunk(heads, Chunk.BLOCK_STATUS, request.cookie, 4 + extents.bytes());
            heads.putInt(Session.ALLOCATION_ID);
            extents.put(heads);
        }
    }

    private static void putChunk(ByteBuffer into, int type, long cookie, int length) {
        into.putInt(Nbd.STRUCTURED_REPLY_MAGIC)
                .putShort((short) Chunk.FLAG_DONE)
                .putShort((short) type)
                .putLong(cookie)
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
