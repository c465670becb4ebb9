package io.vduse4j.vduse;

import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
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
 * replaced in place.
 */
final class MessageHandler {

    private static final Logger LOG = System.getLogger(MessageHandler.class.getName());

    /** A reset or a change of memory waits so long for requests in flight. */
    private static final long DRAIN_NANOS = Duration.ofSeconds(2).toNanos();

    /** The state of a queue waits so long. */
    private static final long STATE_NANOS = Duration.ofSeconds(1).toNanos();

    /** Longest wait of a server that is closed: a drain and what comes with it. */
    static final Duration STOP_DEADLINE = Duration.ofNanos(2 * DRAIN_NANOS);

    /** Number that no reply of the kernel has while it is owed: stands for the stop of the server itself. */
    private static final int NO_MESSAGE = -1;

    private static final int RUNNING =
            DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;

    private final VduseDevice node;
    private final VirtioDevice device;
    private final WorkerPool pool;
    private final ServeOptions options;
    private final MemoryBudget budget;
    private final Consumer<Runnable> onControlThread;
    private final IotlbTable table;
    private final OwedReplies owed = new OwedReplies();
    private volatile int status;
    private volatile Optional<Session> session = Optional.empty();

    MessageHandler(
            VduseDevice node,
            VirtioDevice device,
            WorkerPool pool,
            ServeOptions options,
            MemoryBudget budget,
            Consumer<Runnable> onControlThread) {
        this.node = node;
        this.device = device;
        this.pool = pool;
        this.options = options;
        this.budget = budget;
        this.onControlThread = onControlThread;
        table = new IotlbTable(node, options.userMemory() ? Optional.of(new UserMemory(node)) : Optional.empty());
    }

    int status() {
        return status;
    }

    Optional<Session> session() {
        return session;
    }

    /** Whether nothing is served and nothing is owed. */
    boolean isIdle() {
        return session.isEmpty() && owed.millisLeft() < 0;
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
            case VduseMessage.Unknown unknown -> {
                LOG.log(Level.WARNING, "{0}: message of type {1} refused", node.name(), unknown.type());
                answer(unknown, false);
            }
        }
    }

    private void setStatus(VduseMessage.SetStatus message) throws LinuxException {
        int added = message.status() & ~status;
        if ((added & DeviceStatus.FEATURES_OK) != 0 && !Negotiation.accepts(device, node.driverFeatures())) {
            LOG.log(
                    Level.WARNING,
                    "{0}: features 0x{1} refused; offered are 0x{2}",
                    node.name(),
                    Long.toHexString(node.driverFeatures()),
                    Long.toHexString(Negotiation.offered(device)));
            answer(message, false);
            return;
        }
        if ((added & DeviceStatus.DRIVER_OK) == 0) {
            status = message.status();
            answer(message, true);
            return;
        }
        boolean ready = (message.status() & DeviceStatus.FEATURES_OK) != 0 && prepareSession(false);
        if (ready) {
            status = message.status();
        }
        answer(message, ready);
        if (ready) {
            session.get().start(e -> LOG.log(Level.ERROR, node.name() + ": kicks cannot be watched", e));
        }
    }

    /**
     * Goes on for a server that has died: its driver still runs. Without an in-flight log the chains that it had taken
     * and not given back are found behind the used index.
     */
    void adopt() throws LinuxException {
        for (int index = 0; index < device.queues(); index++) {
            if (node.queueInfo(index).ready() && Negotiation.accepts(device, node.driverFeatures())) {
                status = RUNNING;
                if (prepareSession(true)) {
                    session.get().start(e -> LOG.log(Level.ERROR, node.name() + ": kicks cannot be watched", e));
                }
                return;
            }
        }
    }

    private boolean prepareSession(boolean resumes) {
        List<QueueSetup> queues = new ArrayList<>();
        try {
            for (int index = 0; index < device.queues(); index++) {
                QueueInfo info = node.queueInfo(index);
                if (info.ready()) {
                    queues.add(setUp(index, info, resumes));
                }
            }
            table.open();
            session = Optional.of(new Session(
                    node.name(),
                    device,
                    node.driverFeatures(),
                    queues,
                    table,
                    node::injectQueueInterrupt,
                    pool,
                    budget));
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, node.name() + ": cannot be served", e);
            queues.forEach(queue -> queue.kick().ifPresent(EventFd::close));
            table.close().close();
            return false;
        }
    }

    private QueueSetup setUp(int index, QueueInfo info, boolean resumes) throws IOException {
        if (!SplitRing.isValidSize(info.num()) || info.num() > device.maxQueueSize()) {
            throw new IOException("queue " + index + " has " + info.num() + " entries");
        }
        Optional<EventFd> kick = Optional.empty();
        if (options.kicks()) {
            kick = Optional.of(EventFd.create());
            node.setKick(index, kick.get().fd());
        }
        return new QueueSetup(
                index,
                info.num(),
                info.descAddress(),
                info.driverAddress(),
                info.deviceAddress(),
                resumes ? QueueSetup.FROM_USED : info.availIndex(),
                kick);
    }

    private void reset(VduseMessage.SetStatus message) throws LinuxException {
        status = 0;
        if (session.isEmpty()) {
            table.close().close();
            answer(message, true);
            return;
        }
        endSession(message.id(), () -> answerLater(message, true));
    }

    /** Drains the session, or takes its memory away; then says so. */
    private void endSession(int id, Runnable done) {
        Session ending = session.orElseThrow();
        session = Optional.empty();
        List<RetiredMemory> inUse = new ArrayList<>();
        ending.stop(() -> onControlThread.accept(() -> {
            if (owed.settle(id)) {
                table.close().close();
                done.run();
            } else {
                inUse.forEach(RetiredMemory::close);
            }
        }));
        owed.owe(id, DRAIN_NANOS, () -> {
            LOG.log(Level.WARNING, "{0}: requests are still in flight; their memory is taken away", node.name());
            RetiredMemory memory = table.closeInUse();
            inUse.add(memory);
            replace(memory);
            ending.abandon();
            done.run();
        });
    }

    private void updateIotlb(VduseMessage.UpdateIotlb message) throws LinuxException {
        RetiredMemory old = table.retire();
        if (session.isEmpty()) {
            old.close();
            answer(message, true);
            return;
        }
        session.get()
                .passTo(
                        table.memory().generation(),
                        () -> onControlThread.accept(() -> {
                            old.close();
                            if (owed.settle(message.id())) {
                                answerLater(message, true);
                            }
                        }));
        owed.owe(message.id(), DRAIN_NANOS, () -> {
            LOG.log(Level.WARNING, "{0}: requests are still in flight in memory that went away", node.name());
            replace(old);
            answerLater(message, true);
        });
    }

    private void replace(RetiredMemory memory) {
        try {
            memory.replace();
        } catch (LinuxException e) {
            // Answering now could let a late request write into memory that is not ours any more: be silent instead,
            // and
            // let the kernel break the device.
            throw new IllegalStateException("the driver's memory cannot be taken away", e);
        }
    }

    private void queueState(VduseMessage.GetQueueState message) throws LinuxException {
        int index = message.index();
        if (index < 0 || index >= node.vqNum()) {
            answer(message, false);
            return;
        }
        Optional<Session> serving = session.filter(now -> now.serves(index));
        if (serving.isEmpty()) {
            answerState(message, node.queueInfo(index).availIndex());
            return;
        }
        serving.get()
                .pauseUntilDrained(
                        index,
                        next -> onControlThread.accept(() -> {
                            if (owed.settle(message.id())) {
                                answerState(message, next);
                            }
                        }));
        owed.owe(message.id(), STATE_NANOS, () -> {
            serving.get().resume(index);
            answerLater(message, false);
        });
    }

    private void answerState(VduseMessage.GetQueueState message, int availIndex) {
        try {
            node.replyQueueState(message.id(), message.index(), availIndex);
            options.observer().accept(message, true);
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": no reply", e);
        }
    }

    private void answer(VduseMessage message, boolean ok) throws LinuxException {
        boolean taken = ok ? node.replyOk(message.id()) : node.replyFailed(message.id());
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

    /** Ends the session because the server ends. */
    void stop() {
        if (session.isPresent()) {
            endSession(NO_MESSAGE, () -> {});
        }
    }

    /** The control thread ends: whatever is left of a session must not touch the memory any more. */
    void leave() {
        if (session.isEmpty()) {
            return;
        }
        Session left = session.get();
        session = Optional.empty();
        left.stop(() -> {});
        try {
            table.closeInUse().replace();
        } catch (LinuxException e) {
            LOG.log(Level.ERROR, node.name() + ": the driver's memory cannot be taken away", e);
        }
        left.abandon();
    }
}
