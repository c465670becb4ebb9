package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import java.io.IOException;
import java.util.Optional;

/** LIST_META_CONTEXT and SET_META_CONTEXT. The only context is base:allocation. */
final class MetaContextOption {
    private static final String NAMESPACE = "base:";

    private final ExportTable exports;
    private final OptionReplies replies;

    /** For which export the context was chosen last. */
    private Optional<NbdExport> chosenFor = Optional.empty();

    MetaContextOption(ExportTable exports, OptionReplies replies) {
        this.exports = exports;
        this.replies = replies;
    }

    /** Whether the context was chosen for an export. */
    boolean isChosenFor(NbdExport export) {
        return chosenFor.filter(chosen -> chosen == export).isPresent();
    }

    /** Answers; structured replies have been agreed upon. */
    void answer(int option, OptionData data) throws IOException, MalformedOptionException {
        boolean set = option == Option.SET_META_CONTEXT;
        if (set) {
            // Whatever comes of it, what was chosen before is not any more.
            chosenFor = Optional.empty();
        }
        var export = exports.find(data.string());
        boolean matches = matches(data, set);
        if (export.isEmpty()) {
            replies.error(option, OptionReply.ERR_UNKNOWN, "there is no export of that name");
            return;
        }
        if (matches) {
            replies.reply(option, OptionReply.META_CONTEXT, set ? Session.ALLOCATION_ID : 0, Nbd.BASE_ALLOCATION);
        }
        if (set && matches) {
            chosenFor = export;
        }
        replies.ack(option);
    }

    /** Whether a query names the context; for a list also its namespace does, and no query at all. */
    private static boolean matches(OptionData data, boolean set) throws MalformedOptionException {
        long queries = data.u32();
        boolean matches = !set && queries == 0;
        // Each takes four bytes at least: the data ends before the loop is long.
        for (long left = queries; left > 0; left--) {
            var query = data.string();
            matches |= query.equals(Nbd.BASE_ALLOCATION) || (!set && query.equals(NAMESPACE));
        }
        data.end();
        return matches;
    }
}
