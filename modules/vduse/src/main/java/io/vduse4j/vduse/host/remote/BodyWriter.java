package io.vduse4j.vduse.host.remote;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes the body of a frame, field by field. Not for several threads. */
final class BodyWriter {
    private ByteBuffer out = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);

    BodyWriter u32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    BodyWriter s64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    /** Bytes to the end of the body, or of a length that is known otherwise. */
    BodyWriter bytes(byte[] value) {
        room(value.length).put(value);
        return this;
    }

    /** A u32, the length, and so many bytes of UTF-8; what is too long is cut. */
    BodyWriter string(String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, Protocol.MAX_STRING);
        // A character of several bytes is left out whole.
        while (length < bytes.length && length > 0 && (bytes[length] & 0xc0) == 0x80) {
            length--;
        }
        u32(length);
        room(length).put(bytes, 0, length);
        return this;
    }

    byte[] body() {
        var body = new byte[out.position()];
        out.get(0, body);
        return body;
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            out = ByteBuffer.allocate(Math.max(2 * out.capacity(), out.position() + bytes))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(out.flip());
        }
        return out;
    }
}
