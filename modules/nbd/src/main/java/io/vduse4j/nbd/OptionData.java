package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads what came with an option; nothing in it is trusted, its own lengths least. */
final class OptionData {
    private final ByteBuffer data;

    OptionData(byte[] data) {
        this.data = ByteBuffer.wrap(data);
    }

    /** Returns the next 16 bits, unsigned. */
    int u16() throws MalformedOptionException {
        require(2);
        return Short.toUnsignedInt(data.getShort());
    }

    /** Returns the next 32 bits, unsigned. */
    long u32() throws MalformedOptionException {
        require(4);
        return Integer.toUnsignedLong(data.getInt());
    }

    /** Returns a string that its length precedes. */
    String string() throws MalformedOptionException {
        long length = u32();
        if (length > Nbd.MAX_STRING) {
            throw new MalformedOptionException("a string of more than " + Nbd.MAX_STRING + " bytes");
        }
        return string((int) length);
    }

    /** Returns all that is left as a string. */
    String rest() throws MalformedOptionException {
        if (data.remaining() > Nbd.MAX_STRING) {
            throw new MalformedOptionException("a string of more than " + Nbd.MAX_STRING + " bytes");
        }
        return string(data.remaining());
    }

    private String string(int length) throws MalformedOptionException {
        require(length);
        var bytes = data.slice(data.position(), length);
        data.position(data.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException notText) {
            throw new MalformedOptionException("a string that is not UTF-8");
        }
    }

    /** Nothing may be left. */
    void end() throws MalformedOptionException {
        if (data.hasRemaining()) {
            throw new MalformedOptionException(data.remaining() + " bytes too many");
        }
    }

    private void require(int bytes) throws MalformedOptionException {
        if (data.remaining() < bytes) {
            throw new MalformedOptionException("the data ends too early");
        }
    }
}
