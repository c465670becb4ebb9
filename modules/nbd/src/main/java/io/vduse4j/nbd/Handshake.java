package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The fixed newstyle handshake of the server, on the thread of a connection. Its time is limited from outside,
 * by closing the connection.
 */
final class Handshake {
    /** Longest data of an option that is read: a dozen of the longest strings. */
    private static final int MAX_DATA = 64 << 10;

    /** Longest data that is passed over to tell the client so; beyond it is disconnected. */
    private static final int MAX_SKIPPED = 1 << 20;

    private final WireInput input;
    private final OptionReplies replies;
    private final ExportTable exports;
    private final int mostOptions;
    private final InfoOption infos;
    private final MetaContextOption contexts;
    private boolean zeroes;
    private boolean structured;

    Handshake(WireInput input, WritableByteChannel channel, ExportTable exports, int mostOptions) {
        this.input = input;
        this.replies = new OptionReplies(channel);
        this.exports = exports;
        this.mostOptions = mostOptions;
        this.infos = new InfoOption(exports, replies);
        this.contexts = new MetaContextOption(exports, replies);
    }

    /**
     * Runs to the beginning of the transmission.
     *
     * @return empty if the client went away in good order
     * @throws IOException if it did not, or broke the protocol
     */
    Optional<Session> run() throws IOException {
        replies.send(ByteBuffer.allocate(18)
                .putLong(Nbd.INIT_MAGIC)
                .putLong(Nbd.OPTION_MAGIC)
                .putShort((short) (Nbd.Handshake.FIXED_NEWSTYLE | Nbd.Handshake.NO_ZEROES)));
        int flags = input.i32();
        if ((flags & ~(Nbd.Handshake.FIXED_NEWSTYLE | Nbd.Handshake.NO_ZEROES)) != 0) {
            throw new ProtocolException("unknown flags of the client: " + Integer.toHexString(flags));
        }
        zeroes = (flags & Nbd.Handshake.NO_ZEROES) == 0;
        for (int left = mostOptions; left > 0; left--) {
            if (input.atEnd()) {
                return Optional.empty();
            }
            if (input.i64() != Nbd.OPTION_MAGIC) {
                throw new ProtocolException("an option without its magic number");
            }
            int option = input.i32();
            long length = input.u32();
            if (option == Option.EXPORT_NAME) {
                return Optional.of(exportName(length));
            }
            if (option == Option.ABORT) {
                replies.ack(option);
                return Optional.empty();
            }
            var session = option(option, length);
            if (session.isPresent()) {
                return session;
            }
        }
        throw new ProtocolException("more than " + mostOptions + " options");
    }

    /** The old way to begin: no error can be told, only be hung up on. */
    private Session exportName(long length) throws IOException {
        if (length > Nbd.MAX_STRING) {
            throw new ProtocolException("an export name of " + length + " bytes");
        }
        var name = new String(input.bytes((int) length), StandardCharsets.UTF_8);
        var export = exports.find(name).orElseThrow(() -> new ProtocolException("there is no export of that name"));
        long size = export.size();
        replies.send(ByteBuffer.allocate(10 + (zeroes ? Nbd.Handshake.ZEROES : 0))
                .putLong(size)
                .putShort((short) Session.flags(export.traits(), structured))
                .put(new byte[zeroes ? Nbd.Handshake.ZEROES : 0]));
        return session(export, size);
    }

    private Session session(NbdExport export, long size) {
        return new Session(export, size, structured, structured && contexts.isChosenFor(export));
    }

    private Optional<Session> option(int option, long length) throws IOException {
        if (length > MAX_DATA) {
            if (length > MAX_SKIPPED) {
                throw new ProtocolException("an option with " + length + " bytes");
            }
            input.skip(length);
            replies.error(option, OptionReply.ERR_TOO_BIG, "more than " + MAX_DATA + " bytes");
            return Optional.empty();
        }
        var data = new OptionData(input.bytes((int) length));
        try {
            return answer(option, data);
        } catch (MalformedOptionException malformed) {
            replies.error(option, OptionReply.ERR_INVALID, malformed.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Session> answer(int option, OptionData data) throws IOException, MalformedOptionException {
        switch (option) {
            case Option.LIST -> list(data);
            case Option.INFO, Option.GO -> {
                return infos.answer(option, data, structured).map(it -> session(it.export(), it.size()));
            }
            case Option.STRUCTURED_REPLY -> {
                data.end();
                structured = true;
                replies.ack(option);
            }
            case Option.LIST_META_CONTEXT, Option.SET_META_CONTEXT -> {
                if (!structured) {
                    throw new MalformedOptionException("structured replies come first");
                }
                contexts.answer(option, data);
            }
            // STARTTLS among them: a server that knows no TLS does not know the option.
            default -> replies.error(option, OptionReply.ERR_UNSUP, "this option is not known here");
        }
        return Optional.empty();
    }

    private void list(OptionData data) throws IOException, MalformedOptionException {
        data.end();
        for (var name : exports.all().keySet()) {
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            replies.reply(Option.LIST, OptionReply.SERVER, bytes.length, name);
        }
        replies.ack(Option.LIST);
    }
}
