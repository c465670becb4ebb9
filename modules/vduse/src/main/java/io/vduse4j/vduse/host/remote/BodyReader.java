package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the body of a frame, field by field. What is not there, or too much, is EPROTO. Not for several threads. */
final class BodyReader {
    private final ByteBuffer in;

    BodyReader(Frame frame) {
        in = ByteBuffer.wrap(frame.body()).order(ByteOrder.LITTLE_ENDIAN);
    }

    int u32() throws LinuxException {
        need(Integer.BYTES);
        return in.getInt();
    }

    long s64() throws LinuxException {
        need(Long.BYTES);
        return in.getLong();
    }

    byte[] bytes(int length) throws LinuxException {
        if (length < 0) {
            throw malformed(Integer.toUnsignedString(length) + " bytes");
        }
        need(length);
        var bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    /** All that is left. */
    byte[] rest() {
        var bytes = new byte[in.remaining()];
        in.get(bytes);
        return bytes;
    }

    String string() throws LinuxException {
        int length = u32();
        if (length < 0 || length > Protocol.MAX_STRING) {
            throw malformed("a string of " + Integer.toUnsignedString(length) + " bytes");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(length)))
                    .toString();
        } catch (CharacterCodingException notText) {
            var malformed = malformed("a string that is not UTF-8");
            malformed.initCause(notText);
            throw malformed;
        }
    }

    /** Nothing may be left. */
    void end() throws LinuxException {
        if (in.hasRemaining()) {
            throw malformed(in.remaining() + " bytes behind the last field");
        }
    }

    private void need(int bytes) throws LinuxException {
        if (in.remaining() < bytes) {
            throw malformed("the body ends before its fields do");
        }
    }

    private static LinuxException malformed(String what) {
        return new LinuxException("receive", "frame", Errno.EPROTO, what);
    }
}
