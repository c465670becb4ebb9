package io.vduse4j.vduse;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.OwedReplies.Owed;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioDevice;
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

    /** Longest wait of a server that is closed: a drain and what comes with it. */
    static final Duration STOP_DEADLINE = Duration.ofNanos(2 * DRAIN_NANOS);

    private static final int RUNNING =
            DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;

    private final VduseDevice node;
    private final VirtioDevice device;
    private final ServeOptions options;
    private final Consumer<Runnable> onControlThread;
    private final ServiceOpener opener;
    private final DriverLog inFlight;
    private final OwedReplies owed = new OwedReplies();
    private final Replies replies;
    private final QueueMessages queues;
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
            DriverLog inFlight,
            Consumer<Runnable> onControlThread) {
        this.inFlight = inFlight;
        this.node = node;
        this.device = device;
        this.options = options;
        this.opener = opener;
        this.onControlThread = onControlThread;
        replies = new Replies(node, options.observer());
        queues = new QueueMessages(node, opener, replies, owed, onControlThread);
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
            // No queue of ours has its memory there.
            case VduseMessage.UpdateIotlb update when update.asid() != 0 -> replies.answer(update, true);
            case VduseMessage.UpdateIotlb update -> updateIotlb(update);
            case VduseMessage.GetQueueState get -> queues.state(get);
            case VduseMessage.SetQueueReady set when !set.ready() && serving.isEmpty() -> answerOnceEnded(set);
            case VduseMessage.SetQueueReady set -> queues.ready(set);
            case VduseMessage.Suspend suspend -> queues.suspend(suspend);
            case VduseMessage.SetGroupAsid set when set.asid() != 0 -> replies.refuse(set, "all is in address space 0");
            case VduseMessage.SetGroupAsid set -> replies.answer(set, true);
            case VduseMessage.Unknown unknown -> replies.refuse(unknown, "the type is unknown");
        }
    }

    private void setStatus(VduseMessage.SetStatus message) throws LinuxException {
        if ((status & ~message.status()) != 0) {
            replies.refuse(message, "only a reset clears bits of the status 0x" + Integer.toHexString(status)); // VD-20
            return;
        }
        int added = message.status() & ~status;
        if ((added & DeviceStatus.FEATURES_OK) != 0 && !Negotiation.accepts(device, options, node.driverFeatures())) {
            replies.refuse(
                    message,
                    "features 0x%x are not acceptable; offered are 0x%x"
                            .formatted(node.driverFeatures(), Negotiation.offered(device, options)));
            return;
        }
        if ((added & DeviceStatus.DRIVER_OK) != 0 && !beginService(message)) {
            replies.answer(message, false);
            return;
        }
        Failpoint.reach("status.begun");
        status = message.status();
        replies.answer(message, true);
        Failpoint.reach("status.answered");
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
        // Begun already: the kernel asks again what the last server had not answered, or one more bit is set.
        serving = opener.open(options.adopt() && inFlight.wasBegun());
        return serving.isPresent();
    }

    private void startService() {
        session = serving.map(Service::session);
        session.ifPresent(begun -> {
            begun.start(opener::kickFailed);
            queues.begin(begun);
        });
    }

    /**
     * Goes on for a server that has died: its driver may still run. What the kernel had asked of the dead one comes first
     * (CR-08): after a reset nothing is gone on with. What is asked about queues is answered when they are served again.
     *
     * @return false if a driver runs and cannot be served; the log says why
     */
    boolean adopt() throws LinuxException {
        List<VduseMessage> aboutQueues = new ArrayList<>();
        boolean changed = false;
        Optional<VduseMessage> waiting;
        while ((waiting = node.read()).isPresent()) {
            VduseMessage message = waiting.get();
            Failpoint.reach("adopt.message");
            if (message instanceof VduseMessage.SetStatus || message instanceof VduseMessage.UpdateIotlb) {
                changed |= message instanceof VduseMessage.SetStatus;
                handle(message);
            } else {
                aboutQueues.add(message);
            }
        }
        boolean served = changed || goOn();
        for (VduseMessage message : aboutQueues) {
            handle(message);
        }
        return served;
    }

    /** Without an in-flight log the chains that were taken and not given back are looked for behind the used index. */
    private boolean goOn() throws LinuxException {
        if (!isAnyReady()) {
            return true;
        }
        if (!Negotiation.accepts(device, options, node.driverFeatures())) {
            LOG.log(
                    Level.ERROR,
                    "%s: its driver uses features 0x%x, of which only 0x%x are offered now; it is served from its next"
                                    .formatted(node.name(), node.driverFeatures(), Negotiation.offered(device, options))
                            + " reset on: serve it as it was served before");
            return false;
        }
        if (node.isPacked() && !inFlight.isKept()) {
            LOG.log(
                    Level.ERROR,
                    node.name() + ": its driver uses packed rings, which do not tell where they stand;"
                            + " it is served from its next reset on");
            return false;
        }
        status = RUNNING;
        Failpoint.reach("adopt.open");
        serving = opener.open(true);
        Failpoint.reach("adopt.opened");
        startService();
        return serving.isPresent();
    }

    private boolean isAnyReady() throws LinuxException {
        for (int index = 0; index < device.queues(); index++) {
            if (node.queueInfo(index).ready()) {
                return true;
            }
        }
        return false;
    }

    private void reset(VduseMessage.SetStatus message) throws LinuxException {
        status = 0;
        endService();
        if (ending.isEmpty()) {
            inFlight.end();
            replies.answer(message, true);
        } else {
            whenEnded.add(() -> {
                inFlight.end();
                replies.answerLater(message, true);
            });
        }
    }

    /** Answers when no memory of an ended service can be touched any more. */
    private void answerOnceEnded(VduseMessage message) throws LinuxException {
        if (ending.isEmpty()) {
            replies.answer(message, true);
        } else {
            whenEnded.add(() -> replies.answerLater(message, true));
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
        queues.end();
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
            replies.answerLater(message, true);
        });
        now.session()
                .passTo(
                        now.generation(),
                        () -> onControlThread.accept(() -> {
                            now.passed(old);
                            if (owed.settle(reply)) {
                                replies.answerLater(message, true);
                            }
                        }));
    }

    /** Answering now could let a late request write into memory that is not ours: the kernel breaks who is silent. */
    private static IllegalStateException silent(LinuxException cause) {
        return new IllegalStateException("the driver's memory cannot be taken away", cause);
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
