package io.vduse4j.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.function.BooleanSupplier;

/**
 * What a client sends, for a reader that may wait: while it does, the client gets the replies that it is owed. So a client
 * that first takes replies and one that first sends are both served by one thread, which is its own.
 */
final class Conversation implements ReadableByteChannel {
    private final ClientSocket socket;
    private final ReplyWriter replies;
    private final Lookout lookout = new Lookout();
    private final BooleanSupplier due;

    Conversation(ClientSocket socket, ReplyWriter replies) {
        this.socket = socket;
        this.replies = replies;
        this.due = () -> replies.isDue() || socket.isGivenUp();
    }

    /** Waits for a byte at least; -1 at the end. */
    @Override
    @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on the yield: it is for clients without a processor.
    public int read(ByteBuffer target) throws IOException {
        long until = 0;
        while (true) {
            boolean sent = replies.send();
            socket.check();
            int count = socket.read(target);
            if (count != 0) {
                if (until != 0) {
                    lookout.paid();
                }
                return count;
            }
            long now = System.nanoTime();
            if (until == 0) {
                until = now + lookout.nanos() | 1;
            }
            if (until - now > 0) {
                Thread.yield();
            } else {
                lookout.wasVain();
                socket.await(true, !sent, due);
                until = 0;
            }
        }
    }

    /** Reads nothing, and sends replies, until something holds that comes by requests which end. */
    void until(BooleanSupplier holds) throws IOException {
        while (!holds.getAsBoolean()) {
            boolean sent = replies.send();
            socket.check();
            if (!holds.getAsBoolean()) {
                socket.await(false, !sent, due);
            }
        }
    }

    @Override
    public boolean isOpen() {
        return !socket.isGivenUp();
    }

    @Override
    public void close() {
        socket.giveUp();
    }
}
