package io.vduse4j.vduse;

import io.vduse4j.dataplane.DeviceHistory;
import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Opens a {@link Service} for the queues that the driver has made ready. Belongs to the control thread. */
final class ServiceOpener {

    private static final Logger LOG = System.getLogger(ServiceOpener.class.getName());

    private final VduseDevice node;
    private final VirtioDevice device;
    private final WorkerPool pool;
    private final DeviceHistory history;
    private final ServeOptions options;
    private final Optional<UserMemory> userMemory;
    private final DriverLog inFlight;

    ServiceOpener(VduseDevice node, VirtioDevice device, WorkerPool pool, ServeOptions options, DriverLog inFlight) {
        this.inFlight = inFlight;
        this.node = node;
        this.device = device;
        this.pool = pool;
        this.options = options;
        history = new DeviceHistory(node.name());
        userMemory = options.userMemory() ? Optional.of(new UserMemory(node)) : Optional.empty();
    }

    /**
     * Opens a service; it does not run yet.
     *
     * @param resumes whether the driver runs already: the log then tells where to go on. Without a log the first chain to
     *     take is found behind the used index
     * @return empty, with a line in the log, if the driver's choice cannot be served
     */
    Optional<Service> open(boolean resumes) {
        IotlbTable table = new IotlbTable(node, userMemory);
        MemoryBudget budget =
                MemoryBudget.process().child(node.name(), MemoryBudget.process().limit());
        List<QueueSetup> queues = new ArrayList<>();
        try {
            long features = node.driverFeatures();
            for (int index = 0; index < device.queues(); index++) {
                QueueInfo info = node.queueInfo(index);
                if (info.ready()) {
                    queues.add(
                            setUp(index, info, features, resumes ? resumed(features) : info.state(isPacked(features))));
                }
            }
            Session session = new Session(
                    history,
                    device,
                    features,
                    queues,
                    table,
                    node::injectQueueInterrupt,
                    pool,
                    budget,
                    inFlight.open(resumes, features, queues));
            return Optional.of(new Service(session, table, budget));
        } catch (IOException | InflightLogException | RuntimeException e) {
            LOG.log(Level.ERROR, node.name() + ": cannot be served", e);
            queues.forEach(queue -> queue.kick().ifPresent(EventFd::close));
            table.close().close();
            budget.close();
            return Optional.empty();
        }
    }

    /** Where a queue goes on that was served before; the log of a packed one knows better. */
    private static VirtqueueState resumed(long features) {
        return isPacked(features) ? VirtqueueState.PACKED_START : VirtqueueState.FROM_USED;
    }

    /**
     * Has a session that runs serve one more queue, which is ready. What cannot be served stands in the log.
     *
     * @param stoppedAt where it stood, if it was served before
     */
    void openQueue(Session session, int index, Optional<VirtqueueState> stoppedAt) {
        try {
            QueueInfo info = node.queueInfo(index);
            long features = node.driverFeatures();
            QueueSetup queue = setUp(index, info, features, stoppedAt.orElse(info.state(isPacked(features))));
            inFlight.add(features, queue);
            session.addQueue(queue, this::kickFailed);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, node.name() + ": queue " + index + " cannot be served", e);
        }
    }

    /** Says that a queue will not be served. */
    void kickFailed(LinuxException e) {
        LOG.log(Level.ERROR, node.name() + ": kicks cannot be watched", e);
    }

    private static boolean isPacked(long features) {
        return (features & VirtioFeatures.RING_PACKED) != 0;
    }

    private QueueSetup setUp(int index, QueueInfo info, long features, VirtqueueState start) throws IOException {
        boolean valid = isPacked(features) ? PackedRing.isValidSize(info.num()) : SplitRing.isValidSize(info.num());
        if (!valid || info.num() > device.maxQueueSize()) {
            throw new IOException("queue " + index + " has " + info.num() + " entries");
        }
        Optional<EventFd> kick = Optional.empty();
        if (options.kicks()) {
            kick = Optional.of(EventFd.create());
            try {
                node.setKick(index, kick.get().fd());
            } catch (IOException e) {
                kick.get().close();
                throw e;
            }
        }
        return new QueueSetup(
                index, info.num(), info.descAddress(), info.driverAddress(), info.deviceAddress(), start, kick);
    }

    /** Gives registered memory back. No service may be left that uses it. */
    void close() {
        userMemory.ifPresent(UserMemory::close);
    }
}
