package io.vduse4j.nbd.client;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Info;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import io.vduse4j.nbd.wire.WireInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/** The handshake of the client: asks for one export, with GO or, of an old server, with EXPORT_NAME. */
final class ClientHandshake {
    /** Replies to one GO: there are four kinds of information. */
    private static final int MOST_REPLIES = 64;

    private static final int MOST_DATA = 64 << 10;

    /** How much of a server's own text goes into an error. */
    private static final int MOST_TEXT = 256;

    private final WireInput input;
    private final WritableByteChannel channel;
    private final String export;
    private final String object;

    /**
     * Prepares.
     *
     * @param object what messages call the server and its export
     */
    ClientHandshake(WireInput input, WritableByteChannel channel, String export, String object) {
        this.input = input;
        this.channel = channel;
        this.export = export;
        this.object = object;
    }

    /**
     * Runs to the beginning of the transmission.
     *
     * @throws LinuxException with what the server refuses (ENOENT, EACCES ...), EPROTO for what is not the protocol
     */
    ServerExport run() throws IOException {
        if (input.i64() != Nbd.INIT_MAGIC || input.i64() != Nbd.OPTION_MAGIC) {
            throw failed(Errno.EPROTO, "no NBD server of the newstyle is there");
        }
        int offered = input.u16();
        int flags = offered & (Nbd.Handshake.FIXED_NEWSTYLE | Nbd.Handshake.NO_ZEROES);
        send(ByteBuffer.allocate(4).putInt(flags));
        boolean zeroes = (flags & Nbd.Handshake.NO_ZEROES) == 0;
        if ((flags & Nbd.Handshake.FIXED_NEWSTYLE) == 0) {
            return exportName(zeroes);
        }
        var name = export.getBytes(StandardCharsets.UTF_8);
        send(option(Option.GO, 8 + name.length)
                .putInt(name.length)
                .put(name)
                .putShort((short) 1)
                .putShort((short) Info.BLOCK_SIZE));
        return go(zeroes);
    }

    private ServerExport go(boolean zeroes) throws IOException {
        var found = new ServerExport(-1, 0);
        for (int i = 0; i < MOST_REPLIES; i++) {
            if (input.i64() != Nbd.OPTION_REPLY_MAGIC || input.i32() != Option.GO) {
                throw failed(Errno.EPROTO, "a reply that does not belong to GO");
            }
            int type = input.i32();
            long length = input.u32();
            if (length > MOST_DATA) {
                throw failed(Errno.EPROTO, "a reply of " + length + " bytes to GO");
            }
            var data = ByteBuffer.wrap(input.bytes((int) length));
            switch (type) {
                case OptionReply.INFO -> found = info(found, data);
                case OptionReply.ACK -> {
                    if (found.flags() == 0) {
                        throw failed(Errno.EPROTO, "it has not said how large the export is");
                    }
                    return found;
                }
                case OptionReply.ERR_UNSUP -> {
                    return exportName(zeroes);
                }
                default -> throw refused(type, data);
            }
        }
        throw failed(Errno.EPROTO, "more than " + MOST_REPLIES + " replies to GO");
    }

    private ServerExport info(ServerExport found, ByteBuffer data) throws IOException {
        int kind = data.remaining() < 2 ? -1 : Short.toUnsignedInt(data.getShort());
        if ((kind == Info.EXPORT && data.remaining() != 10) || (kind == Info.BLOCK_SIZE && data.remaining() != 12)) {
            throw failed(Errno.EPROTO, "information of a wrong length");
        }
        return switch (kind) {
            case Info.EXPORT ->
                new ServerExport(
                        data.getLong(),
                        Short.toUnsignedInt(data.getShort()) | Nbd.Transmission.HAS_FLAGS,
                        found.minimumBlock(),
                        found.preferredBlock(),
                        found.maximumPayload());
            case Info.BLOCK_SIZE ->
                new ServerExport(
                        found.size(),
                        found.flags(),
                        Integer.toUnsignedLong(data.getInt()),
                        Integer.toUnsignedLong(data.getInt()),
                        Integer.toUnsignedLong(data.getInt()));
            default -> found;
        };
    }

    private ServerExport exportName(boolean zeroes) throws IOException {
        var name = export.getBytes(StandardCharsets.UTF_8);
        send(option(Option.EXPORT_NAME, name.length).put(name));
        if (input.atEnd()) {
            throw failed(Errno.ENOENT, "the server hangs up: it has no such export, or forbids it");
        }
        var found = new ServerExport(input.i64(), input.u16() | Nbd.Transmission.HAS_FLAGS);
        input.skip(zeroes ? Nbd.Handshake.ZEROES : 0);
        return found;
    }

    private LinuxException refused(int type, ByteBuffer data) {
        int errno = switch (type) {
            case OptionReply.ERR_UNKNOWN -> Errno.ENOENT;
            case OptionReply.ERR_POLICY -> Errno.EACCES;
            case OptionReply.ERR_TLS_REQD -> Errno.EPROTONOSUPPORT;
            case OptionReply.ERR_SHUTDOWN -> Errno.ESHUTDOWN;
            case OptionReply.ERR_PLATFORM -> Errno.EOPNOTSUPP;
            default -> Errno.EPROTO;
        };
        var text = StandardCharsets.UTF_8.decode(data).toString().replaceAll("\\p{Cntrl}", " ");
        var said = text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), MOST_TEXT));
        var hint = errno == Errno.EPROTONOSUPPORT ? "it wants TLS, which is not supported" : "the server refuses";
        return failed(errno, hint + said);
    }

    private LinuxException failed(int errno, String detail) {
        return new LinuxException("connect", object, errno, detail);
    }

    private static ByteBuffer option(int option, int length) {
        return ByteBuffer.allocate(16 + length)
                .putLong(Nbd.OPTION_MAGIC)
                .putInt(option)
                .putInt(length);
    }

    private void send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            channel.write(filled);
        }
    }
}
