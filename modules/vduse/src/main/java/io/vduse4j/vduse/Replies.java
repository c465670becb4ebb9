package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.BiConsumer;

/**
 * Gives the kernel its replies and tells the observer of each. Belongs to the control thread.
 *
 * @param node where the messages came from
 * @param observer told of each message after it was answered, and whether with success
 */
record Replies(VduseDevice node, BiConsumer<VduseMessage, Boolean> observer) {

    private static final Logger LOG = System.getLogger(Replies.class.getName());

    void answer(VduseMessage message, boolean ok) throws LinuxException {
        told(message, ok, ok ? node.replyOk(message.id()) : node.replyFailed(message.id()));
    }

    void refuse(VduseMessage message, String because) throws LinuxException {
        LOG.log(Level.WARNING, "{0}: {1} refused: {2}", node.name(), message, because);
        answer(message, false);
    }

    /** As {@link #answer}, where nobody can be told of a failure. */
    void answerLater(VduseMessage message, boolean ok) {
        try {
            answer(message, ok);
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": no reply", e);
        }
    }

    /** Tells where a queue stands. */
    void answerState(VduseMessage.GetQueueState message, VirtqueueState state) {
        try {
            told(message, true, node.replyQueueState(message.id(), message.index(), state, node.isPacked()));
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": no reply", e);
        }
    }

    private void told(VduseMessage message, boolean ok, boolean taken) {
        if (!taken) {
            LOG.log(Level.WARNING, "{0}: nobody waits any more for the reply to {1}", node.name(), message);
        }
        observer.accept(message, ok);
    }
}
