package io.vduse4j.vduse;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.OwedReplies.Owed;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Answers the kernel's messages. Belongs to the control thread; workers come back to it by tasks.
 *
 * <p>A reset is answered when no request can touch the driver's memory any more: drained, or after the memory was
 * replaced in place. The kernel gives up waiting when the process behind a message is killed, and sends the next one: so
 * messages may come while an earlier one is still owed its reply.
 */
final class MessageHandler {

    private static final Logger LOG = System.getLogger(MessageHandler.class.getName());

    /** A reset or a change of memory waits so long for requests in flight. */
    private static final long DRAIN_NANOS = Duration.ofSeconds(2).toNanos();

    /** The state of a queue waits so long. */
    private static final long STATE_NANOS = Duration.ofMillis(900).toNanos();

    /** Longest wait of a server that is closed: a drain and what comes with it. */
    static final Duration STOP_DEADLINE = Duration.ofNanos(2 * DRAIN_NANOS);

    private static final int RUNNING =
            DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;

    private final VduseDevice node;
    private final VirtioDevice device;
    private final ServeOptions options;
    private final Consumer<Runnable> onControlThread;
    private final ServiceOpener opener;
    private final OwedReplies owed = new OwedReplies();
    private final List<Runnable> whenEnded = new ArrayList<>();
    private Optional<Service> serving = Optional.empty();
    private Optional<Service> ending = Optional.empty();
    private volatile int status;
    private volatile Optional<Session> session = Optional.empty();

    MessageHandler(
            VduseDevice node,
            VirtioDevice device,
            ServeOptions options,
            ServiceOpener opener,
            Consumer<Runnable> onControlThread) {
        this.node = node;
        this.device = device;
        this.options = options;
        this.opener = opener;
        this.onControlThread = onControlThread;
    }

    int status() {
        return status;
    }

    Optional<Session> session() {
        return session;
    }

    /** Whether nothing is served and nothing is owed. */
    boolean isIdle() {
        return serving.isEmpty() && owed.millisLeft() < 0;
    }

    long millisLeft() {
        return owed.millisLeft();
    }

    void runOverdue() {
        owed.runOverdue();
    }

    void handle(VduseMessage message) throws LinuxException {
        switch (message) {
            case VduseMessage.SetStatus set when set.status() == 0 -> reset(set);
            case VduseMessage.SetStatus set -> setStatus(set);
            case VduseMessage.UpdateIotlb update -> updateIotlb(update);
            case VduseMessage.GetQueueState get -> queueState(get);
            case VduseMessage.SetGroupAsid set when set.asid() != 0 -> refuse(set, "there is one address space");
            case VduseMessage.Suspend suspend -> refuse(suspend, "only a reset stops the device");
            // A queue that is enabled is looked at when the driver runs; a refusal would break the device.
            case VduseMessage.Version1 later -> answer(later, true);
            case VduseMessage.Unknown unknown -> refuse(unknown, "the type is unknown");
        }
    }

    private void setStatus(VduseMessage.SetStatus message) throws LinuxException {
        if ((status & ~message.status()) != 0) {
            refuse(message, "only a reset clears bits of the status 0x" + Integer.toHexString(status)); // VD-20
            return;
        }
        int added = message.status() & ~status;
        if ((added & DeviceStatus.FEATURES_OK) != 0 && !Negotiation.accepts(device, options, node.driverFeatures())) {
            refuse(
                    message,
                    "features 0x%x are not acceptable; offered are 0x%x"
                            .formatted(node.driverFeatures(), Negotiation.offered(device, options)));
            return;
        }
        if ((added & DeviceStatus.DRIVER_OK) != 0 && !beginService(message)) {
            answer(message, false);
            return;
        }
        status = message.status();
        answer(message, true);
        if ((added & DeviceStatus.DRIVER_OK) != 0) {
            startService();
        }
    }

    private boolean beginService(VduseMessage.SetStatus message) {
        if (ending.isPresent()) {
            LOG.log(Level.WARNING, "{0}: the driver has not waited for its reset", node.name());
            return false;
        }
        if ((message.status() & DeviceStatus.FEATURES_OK) == 0) {
            return false;
        }
        serving = opener.open(false);
        return serving.isPresent();
    }

    private void startService() {
        session = serving.map(Service::session);
        session.ifPresent(
                begun -> begun.start(e -> LOG.log(Level.ERROR, node.name() + ": kicks cannot be watched", e)));
    }

    /**
     * Goes on for a server that has died: its driver still runs. Without an in-flight log the chains that it had taken
     * and not given back are found behind the used index.
     */
    void adopt() throws LinuxException {
        if (isPacked()) {
            LOG.log(
                    Level.ERROR,
                    node.name() + ": its driver uses packed rings, which do not tell where they stand;"
                            + " it is served from its next reset on");
            return;
        }
        for (int index = 0; index < device.queues(); index++) {
            if (node.queueInfo(index).ready() && Negotiation.accepts(device, options, node.driverFeatures())) {
                status = RUNNING;
                serving = opener.open(true);
                startService();
                return;
            }
        }
    }

    private void reset(VduseMessage.SetStatus message) throws LinuxException {
        status = 0;
        endService();
        answerOnceEnded(message);
    }

    /** Answers when no memory of an ended service can be touched any more. */
    private void answerOnceEnded(VduseMessage message) throws LinuxException {
        if (ending.isEmpty()) {
            answer(message, true);
        } else {
            whenEnded.add(() -> answerLater(message, true));
        }
    }

    /** Drains what is served, or takes its memory away: for a reset, or because the server ends. */
    void endService() {
        if (serving.isEmpty()) {
            return;
        }
        Service last = serving.get();
        serving = Optional.empty();
        session = Optional.empty();
        ending = Optional.of(last);
        Owed drain = owed.owe(DRAIN_NANOS, () -> {
            LOG.log(Level.WARNING, "{0}: requests are still in flight; their memory is taken away", node.name());
            try {
                last.abandon();
            } catch (LinuxException e) {
                throw silent(e);
            }
            ended();
        });
        last.end(() -> onControlThread.accept(() -> {
            if (owed.settle(drain)) {
                last.close();
                ended();
            }
        }));
    }

    private void ended() {
        ending = Optional.empty();
        List<Runnable> told = List.copyOf(whenEnded);
        whenEnded.clear();
        told.forEach(Runnable::run);
    }

    private void updateIotlb(VduseMessage.UpdateIotlb message) throws LinuxException {
        if (serving.isEmpty()) {
            answerOnceEnded(message);
            return;
        }
        Service now = serving.get();
        RetiredMemory old = now.retire();
        Owed reply = owed.owe(DRAIN_NANOS, () -> {
            LOG.log(Level.WARNING, "{0}: requests are still in flight in memory that went away", node.name());
            try {
                old.replace();
            } catch (LinuxException e) {
                throw silent(e);
            }
            answerLater(message, true);
        });
        now.session()
                .passTo(
                        now.generation(),
                        () -> onControlThread.accept(() -> {
                            now.passed(old);
                            if (owed.settle(reply)) {
                                answerLater(message, true);
                            }
                        }));
    }

    /** Answering now could let a late request write into memory that is not ours: the kernel breaks who is silent. */
    private static IllegalStateException silent(LinuxException cause) {
        return new IllegalStateException("the driver's memory cannot be taken away", cause);
    }

    private void queueState(VduseMessage.GetQueueState message) throws LinuxException {
        int index = message.index();
        if (index < 0 || index >= node.vqNum()) {
            refuse(message, "there is no such queue");
            return;
        }
        Optional<Session> serves = session.filter(now -> now.serves(index));
        if (serves.isEmpty()) {
            answerState(message, node.queueInfo(index).state(isPacked()));
            return;
        }
        Owed reply = owed.owe(STATE_NANOS, () -> {
            serves.get().resume(index);
            answerLater(message, false);
        });
        serves.get()
                .pauseUntilDrained(
                        index,
                        next -> onControlThread.accept(() -> {
                            if (owed.settle(reply)) {
                                answerState(message, next);
                            }
                        }));
    }

    private void answerState(VduseMessage.GetQueueState message, VirtqueueState state) {
        try {
            told(message, true, reply(message, state));
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": no reply", e);
        }
    }

    private boolean reply(VduseMessage.GetQueueState message, VirtqueueState state) throws LinuxException {
        return isPacked()
                ? node.replyPackedState(message.id(), message.index(), state)
                : node.replyQueueState(message.id(), message.index(), state.avail());
    }

    private boolean isPacked() throws LinuxException {
        return (node.driverFeatures() & VirtioFeatures.RING_PACKED) != 0;
    }

    private void refuse(VduseMessage message, String because) throws LinuxException {
        LOG.log(Level.WARNING, "{0}: {1} refused: {2}", node.name(), message, because);
        answer(message, false);
    }

    private void answer(VduseMessage message, boolean ok) throws LinuxException {
        told(message, ok, ok ? node.replyOk(message.id()) : node.replyFailed(message.id()));
    }

    private void told(VduseMessage message, boolean ok, boolean taken) {
        if (!taken) {
            LOG.log(Level.WARNING, "{0}: nobody waits any more for the reply to {1}", node.name(), message);
        }
        options.observer().accept(message, ok);
    }

    private void answerLater(VduseMessage message, boolean ok) {
        try {
            answer(message, ok);
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": no reply", e);
        }
    }

    /** The control thread ends: whatever is left of a service must not touch the driver's memory any more. */
    void leave() {
        endService();
        if (ending.isPresent()) {
            try {
                ending.get().abandon();
            } catch (LinuxException e) {
                LOG.log(Level.ERROR, node.name() + ": the driver's memory cannot be taken away", e);
            }
        }
        opener.close();
    }
}
