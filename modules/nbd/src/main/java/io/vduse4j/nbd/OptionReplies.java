package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/** Writes replies to options. */
final class OptionReplies {
    private static final int HEAD = 20;

    private final WritableByteChannel channel;

    OptionReplies(WritableByteChannel channel) {
        this.channel = channel;
    }

    /** Sends the bytes up to the position of a buffer. */
    void send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            channel.write(filled);
        }
    }

    /** Sends a reply. */
    void reply(int option, int type, byte[] data) throws IOException {
        send(ByteBuffer.allocate(HEAD + data.length)
                .putLong(Nbd.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(type)
                .putInt(data.length)
                .put(data));
    }

    /** Ends an option well. */
    void ack(int option) throws IOException {
        reply(option, OptionReply.ACK, new byte[0]);
    }

    /** Ends an option with an error and a text for a person. */
    void error(int option, int type, String message) throws IOException {
        reply(option, type, message.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a number and a text as one reply. */
    void reply(int option, int type, int number, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        reply(
                option,
                type,
                ByteBuffer.allocate(4 + bytes.length).putInt(number).put(bytes).array());
    }
}
