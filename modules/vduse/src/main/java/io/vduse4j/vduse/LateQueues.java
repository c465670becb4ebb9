package io.vduse4j.vduse;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.OwedReplies.Owed;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntConsumer;

/**
 * Looks for queues that the driver makes ready when it runs already. API version 0 does not tell of them, and where there
 * is a message, the queue is ready only a moment after its reply, and an interrupt before is lost: so it is looked at
 * again and again, for a second, less often each time. Belongs to the control thread.
 */
final class LateQueues {

    private static final Logger LOG = System.getLogger(LateQueues.class.getName());

    private static final long FIRST_NANOS = Duration.ofMillis(1).toNanos();
    private static final long LONGEST_NANOS = Duration.ofMillis(64).toNanos();
    private static final long IN_ALL_NANOS = Duration.ofSeconds(1).toNanos();

    private final VduseDevice node;
    private final OwedReplies timers;
    private final IntConsumer ready;
    private final TreeSet<Integer> awaited = new TreeSet<>();
    private Optional<Owed> next = Optional.empty();
    private long since;
    private long pause;

    /**
     * Looks for nothing yet.
     *
     * @param node whose queues are looked at
     * @param timers when to look
     * @param ready told of each queue that has become ready
     */
    LateQueues(VduseDevice node, OwedReplies timers, IntConsumer ready) {
        this.node = node;
        this.timers = timers;
        this.ready = ready;
    }

    /** Looks for one more. */
    void await(int queue) {
        awaited.add(queue);
        since = System.nanoTime();
        pause = FIRST_NANOS;
        lookLater();
    }

    /** Does not look for it any more. */
    void forget(int queue) {
        awaited.remove(queue);
    }

    /** Looks for none any more. */
    void forgetAll() {
        awaited.clear();
        next.ifPresent(timers::settle);
        next = Optional.empty();
    }

    private void lookLater() {
        next.ifPresent(timers::settle);
        next = Optional.of(timers.owe(pause, this::look));
        pause = Math.min(2 * pause, LONGEST_NANOS);
    }

    private void look() {
        next = Optional.empty();
        try {
            for (Iterator<Integer> each = awaited.iterator(); each.hasNext(); ) {
                int queue = each.next();
                if (node.queueInfo(queue).ready()) {
                    each.remove();
                    ready.accept(queue);
                }
            }
        } catch (LinuxException e) {
            awaited.clear();
            LOG.log(Level.ERROR, node.name() + ": queues cannot be looked at", e);
        }
        if (System.nanoTime() - since > IN_ALL_NANOS) {
            awaited.clear(); // a driver may well use fewer queues than there are
        }
        if (!awaited.isEmpty()) {
            lookLater();
        }
    }
}
