package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Info;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** INFO and GO: both describe an export, and GO begins. */
final class InfoOption {
    /** Blocks that a client is used to: it need not ask whether they are larger. */
    private static final int USUAL_BLOCK = 512;

    private final ExportTable exports;
    private final OptionReplies replies;

    InfoOption(ExportTable exports, OptionReplies replies) {
        this.exports = exports;
        this.replies = replies;
    }

    /**
     * An export as it was described.
     *
     * @param size as the client was told
     */
    record Described(NbdExport export, long size) {}

    /**
     * Answers.
     *
     * @param structured whether structured replies were agreed upon
     * @return what the client uses now; empty if it does not begin
     */
    Optional<Described> answer(int option, OptionData data, boolean structured)
            throws IOException, MalformedOptionException {
        var name = data.string();
        var wanted = wanted(data);
        var found = exports.find(name);
        if (found.isEmpty()) {
            replies.error(option, OptionReply.ERR_UNKNOWN, "there is no export of that name");
            return Optional.empty();
        }
        var export = found.get();
        var traits = export.traits();
        long size = export.size();
        info(option, Info.EXPORT, ByteBuffer.allocate(10).putLong(size).putShort((short)
                Session.flags(traits, structured)));
        if (wanted.contains(Info.NAME)) {
            text(option, Info.NAME, name);
        }
        if (wanted.contains(Info.DESCRIPTION) && !export.description().isEmpty()) {
            text(option, Info.DESCRIPTION, export.description());
        }
        info(
                option,
                Info.BLOCK_SIZE,
                ByteBuffer.allocate(12)
                        .putInt(traits.minimumBlock())
                        .putInt(traits.preferredBlock())
                        .putInt(NbdLimits.MAX_PAYLOAD));
        if (option == Option.GO && traits.minimumBlock() > USUAL_BLOCK && !wanted.contains(Info.BLOCK_SIZE)) {
            replies.error(option, OptionReply.ERR_BLOCK_SIZE_REQD, "blocks of " + traits.minimumBlock() + " bytes");
            return Optional.empty();
        }
        replies.ack(option);
        return option == Option.GO ? Optional.of(new Described(export, size)) : Optional.empty();
    }

    private static Set<Integer> wanted(OptionData data) throws MalformedOptionException {
        var wanted = new HashSet<Integer>();
        for (int left = data.u16(); left > 0; left--) {
            wanted.add(data.u16());
        }
        data.end();
        return wanted;
    }

    private void text(int option, int type, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, Nbd.MAX_STRING);
        info(option, type, ByteBuffer.allocate(length).put(bytes, 0, length));
    }

    private void info(int option, int type, ByteBuffer content) throws IOException {
        content.flip();
        replies.reply(
                option,
                OptionReply.INFO,
                ByteBuffer.allocate(2 + content.remaining())
                        .putShort((short) type)
                        .put(content)
                        .array());
    }
}
