package io.vduse4j.cli;

import io.vduse4j.vduse.VduseMessage;

/** Messages of the kernel for the eyes of a person. */
final class KernelMessage {
    private KernelMessage() {}

    /** Returns number, type and values, with the kernel's names. */
    static String text(VduseMessage message) {
        var what = switch (message) {
            case VduseMessage.GetQueueState get -> "GET_VQ_STATE of queue " + get.index();
            case VduseMessage.SetStatus set -> "SET_STATUS 0x" + Integer.toHexString(set.status());
            case VduseMessage.UpdateIotlb update ->
                "UPDATE_IOTLB 0x" + Long.toHexString(update.start()) + " to 0x" + Long.toHexString(update.last());
            case VduseMessage.SetGroupAsid set -> "SET_VQ_GROUP_ASID of group " + set.group() + " to " + set.asid();
            case VduseMessage.SetQueueReady set ->
                "SET_VQ_READY of queue " + set.index() + " to " + (set.ready() ? 1 : 0);
            case VduseMessage.Suspend _ -> "SUSPEND";
            case VduseMessage.Unknown unknown -> "of unknown type " + Integer.toUnsignedString(unknown.type());
        };
        return "message " + Integer.toUnsignedString(message.id()) + ": " + what;
    }
}
