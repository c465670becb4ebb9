package io.vduse4j.vduse;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.OwedReplies.Owed;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Answers the messages about single queues, and SUSPEND, which is about all of them. A queue that is stopped while the
 * driver runs is quiet before the reply: nothing of it is in flight, and its rings are not touched any more. If it is made
 * ready again in the same life of the device it goes on behind its last chain. Belongs to the control thread.
 */
final class QueueMessages {

    private static final Logger LOG = System.getLogger(QueueMessages.class.getName());

    /** The state of a queue waits so long for its requests in flight. */
    private static final long STATE_NANOS = Duration.ofMillis(900).toNanos();

    /** A queue that is to stop, and a suspension, wait so long; then a suspension is refused. */
    private static final long STOP_NANOS = Duration.ofSeconds(2).toNanos();

    private final VduseDevice node;
    private final ServiceOpener opener;
    private final Replies replies;
    private final OwedReplies owed;
    private final Consumer<Runnable> onControlThread;
    private final LateQueues late;

    /** Queues of this life that are not served any more, and where each stands. */
    private final Map<Integer, VirtqueueState> stoppedAt = new TreeMap<>();

    private Optional<Session> session = Optional.empty();
    private Optional<Stop> stop = Optional.empty();
    private boolean suspended;
    private boolean tells;

    /** Queues that are to stop for one message. */
    private static final class Stop {
        final List<Integer> queues;
        final Set<Integer> left;
        Optional<Owed> deadline = Optional.empty();
        boolean cancelled;

        Stop(List<Integer> queues) {
            this.queues = queues;
            left = new TreeSet<>(queues);
        }
    }

    QueueMessages(
            VduseDevice node,
            ServiceOpener opener,
            Replies replies,
            OwedReplies owed,
            Consumer<Runnable> onControlThread) {
        this.node = node;
        this.opener = opener;
        this.replies = replies;
        this.owed = owed;
        this.onControlThread = onControlThread;
        late = new LateQueues(node, owed, this::serve);
    }

    /** The driver runs; these are its queues. */
    void begin(Session begun) {
        session = Optional.of(begun);
        for (int queue = 0; !tells && queue < node.vqNum(); queue++) {
            if (!begun.serves(queue)) {
                late.await(queue);
            }
        }
    }

    /** It does not run any more. */
    void end() {
        session = Optional.empty();
        stoppedAt.clear();
        suspended = false;
        late.forgetAll();
        stop.flatMap(now -> now.deadline).ifPresent(owed::settle);
        stop = Optional.empty();
    }

    void ready(VduseMessage.SetQueueReady message) throws LinuxException {
        int queue = message.index();
        tells = true;
        if (isNoQueue(queue)) {
            replies.refuse(message, "there is no such queue");
        } else if (message.ready()) {
            replies.answer(message, true);
            if (session.isPresent() && !suspended && !isServed(queue)) {
                late.await(queue);
            }
        } else {
            late.forget(queue);
            stop(message, isServed(queue) ? List.of(queue) : List.of());
        }
    }

    void suspend(VduseMessage.Suspend message) throws LinuxException {
        if (session.isEmpty()) {
            replies.refuse(message, "no driver runs");
            return;
        }
        late.forgetAll();
        suspended = true;
        stop(message, session.get().queues().stream().filter(this::isServed).toList());
    }

    private void stop(VduseMessage message, List<Integer> queues) throws LinuxException {
        if (queues.isEmpty()) {
            replies.answer(message, true);
            return;
        }
        Session now = session.orElseThrow();
        var stopping = new Stop(queues);
        stop.ifPresent(this::cancel); // its sender does not wait any more: the kernel sends one at a time
        stop = Optional.of(stopping);
        stopping.deadline = Optional.of(owed.owe(STOP_NANOS, () -> overdue(message, stopping)));
        for (int queue : queues) {
            now.stopQueue(
                    queue,
                    next -> onControlThread.accept(() -> {
                        if (session.equals(Optional.of(now))) {
                            stopped(message, stopping, queue, next);
                        }
                    }));
        }
    }

    private void stopped(VduseMessage message, Stop stopping, int queue, VirtqueueState next) {
        stoppedAt.put(queue, next);
        stopping.left.remove(queue);
        if (stopping.cancelled) {
            serve(queue);
        } else if (stopping.left.isEmpty()) {
            stopping.deadline.ifPresent(owed::settle);
            stop = Optional.empty();
            replies.answerLater(message, true);
        }
    }

    /**
     * A suspension is refused, and the device goes on. To refuse to stop a queue would break the device, and to say that
     * it is quiet would be a lie: the reply then comes when it is, or the kernel gives the device up.
     */
    private void overdue(VduseMessage message, Stop stopping) {
        LOG.log(
                Level.WARNING,
                "{0}: requests are still in flight on the queues {1}; {2} waits",
                node.name(),
                stopping.left,
                message);
        if (message instanceof VduseMessage.Suspend) {
            suspended = false;
            stop = Optional.empty();
            cancel(stopping);
            replies.answerLater(message, false);
        }
    }

    /** Goes on with all of its queues, with those that stop in this moment once they have. */
    private void cancel(Stop stopping) {
        stopping.cancelled = true;
        stopping.deadline.ifPresent(owed::settle);
        for (int queue : stopping.queues) {
            if (stopping.left.contains(queue)) {
                session.orElseThrow().resume(queue);
            } else {
                serve(queue);
            }
        }
    }

    private boolean isNoQueue(int queue) {
        return queue < 0 || queue >= node.vqNum();
    }

    private boolean isServed(int queue) {
        return !stoppedAt.containsKey(queue)
                && session.filter(now -> now.serves(queue)).isPresent();
    }

    /** Serves a queue that is ready, from the beginning or from where it was stopped. */
    private void serve(int queue) {
        if (session.isEmpty() || suspended || isServed(queue)) {
            return;
        }
        opener.openQueue(session.get(), queue, Optional.ofNullable(stoppedAt.get(queue)));
        stoppedAt.remove(queue);
    }

    void state(VduseMessage.GetQueueState message) throws LinuxException {
        int queue = message.index();
        if (isNoQueue(queue)) {
            replies.refuse(message, "there is no such queue");
        } else if (stoppedAt.containsKey(queue)) {
            replies.answerState(message, stoppedAt.get(queue));
        } else if (!isServed(queue)) {
            replies.answerState(message, node.queueInfo(queue).state(node.isPacked()));
        } else {
            pause(message, session.orElseThrow());
        }
    }

    private void pause(VduseMessage.GetQueueState message, Session now) {
        int queue = message.index();
        Owed reply = owed.owe(STATE_NANOS, () -> {
            if (stop.filter(stopping -> stopping.left.contains(queue)).isEmpty()) {
                now.resume(queue);
            }
            replies.answerLater(message, false);
        });
        now.pauseUntilDrained(
                queue,
                next -> onControlThread.accept(() -> {
                    if (owed.settle(reply)) {
                        replies.answerState(message, next);
                    }
                }));
    }
}
