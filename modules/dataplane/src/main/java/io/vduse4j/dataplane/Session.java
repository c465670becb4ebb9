package io.vduse4j.dataplane;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One life of a device, from DRIVER_OK to the reset: its queues, spread over workers. A reset ends the session; what is
 * still in flight then finishes with its slots, apart from the next session.
 *
 * <p>All methods belong to one control thread and do not wait: they tell when something is done by a callback, which runs
 * on a worker's thread and must be short.
 */
public final class Session {

    private final DeviceHistory history;
    private final VirtioDevice device;
    private final long features;
    private final WorkerPool pool;
    private final MemorySource memory;
    private final Interrupts interrupts;
    private final MemoryBudget budget;
    private final InflightLog inFlight;
    private final QueueCounters[] counters;
    private final WriteOrder order;
    private BrokenQueues broken = (_, _) -> {};
    private final List<DeviceAgent> agents = new CopyOnWriteArrayList<>();
    private final Map<Integer, DeviceAgent> byQueue = new HashMap<>();

    /**
     * Prepares a session: rings are located and handlers opened, nothing is taken yet.
     *
     * @param history what outlives the sessions of the device: the same for all of them
     * @param device the device
     * @param features what the driver has accepted
     * @param queues the queues that are ready; their kicks belong to the session from now on
     * @param memory the driver's memory
     * @param interrupts how to interrupt the driver
     * @param pool who works
     * @param budget bytes for slots and private buffers
     * @throws IOException if a handler cannot be opened, or the memory has vanished
     */
    public Session(
            DeviceHistory history,
            VirtioDevice device,
            long features,
            List<QueueSetup> queues,
            MemorySource memory,
            Interrupts interrupts,
            WorkerPool pool,
            MemoryBudget budget)
            throws IOException {
        this(history, device, features, queues, memory, interrupts, pool, budget, InflightLog.NONE);
    }

    /**
     * As the other one, with a log of what is in flight. What a dead process had in flight by it is done again first.
     *
     * @param inFlight with room for every queue; stays the caller's and must outlive the session
     */
    public Session(
            DeviceHistory history,
            VirtioDevice device,
            long features,
            List<QueueSetup> queues,
            MemorySource memory,
            Interrupts interrupts,
            WorkerPool pool,
            MemoryBudget budget,
            InflightLog inFlight)
            throws IOException {
        this.inFlight = inFlight;
        this.history = history;
        this.device = device;
        this.features = features;
        this.pool = pool;
        this.memory = memory;
        this.interrupts = interrupts;
        this.budget = budget;
        counters = new QueueCounters[device.queues()];
        for (int i = 0; i < counters.length; i++) {
            counters[i] = new QueueCounters();
        }
        order = new WriteOrder(pool.size() > 1 && device.queues() > 1, history.left());
        history.left().tell(this::leftLess);
        List<Worker> workers = pool.forQueues(queues.size());
        Map<Worker, List<QueueSetup>> shares = new LinkedHashMap<>();
        for (int i = 0; i < queues.size(); i++) {
            shares.computeIfAbsent(workers.get(i), _ -> new ArrayList<>()).add(queues.get(i));
        }
        try {
            for (Map.Entry<Worker, List<QueueSetup>> share : shares.entrySet()) {
                add(share.getKey(), share.getValue());
            }
        } catch (IOException | RuntimeException e) {
            agents.forEach(DeviceAgent::discard);
            closeKicks(queues);
            throw e;
        }
    }

    /** On the worker of a session that was given up; the order is our workers'. */
    private void leftLess() {
        agents.forEach(agent -> agent.worker().execute(order::leftLess));
    }

    private DeviceAgent add(Worker worker, List<QueueSetup> queues) throws IOException {
        DeviceAgent agent;
        try {
            agent = new DeviceAgent(this, worker, device, features, queues);
        } catch (InternalError e) {
            throw new IOException(name() + ": the driver's memory vanished before the start", e); // J-01
        }
        agents.add(agent);
        queues.forEach(queue -> byQueue.put(queue.index(), agent));
        return agent;
    }

    private static void closeKicks(List<QueueSetup> queues) {
        queues.forEach(queue -> queue.kick().ifPresent(EventFd::close));
    }

    /** Names who is told of queues that break; before any queue is started. */
    public void onBroken(BrokenQueues listener) {
        broken = listener;
    }

    /**
     * Begins to serve. Every ring is looked at once and every queue's driver interrupted once (CR-09).
     *
     * @param failed told on a worker's thread if a kick cannot be watched
     */
    public void start(Consumer<LinuxException> failed) {
        agents.forEach(agent -> start(agent, failed));
    }

    private static void start(DeviceAgent agent, Consumer<LinuxException> failed) {
        agent.worker().execute(() -> {
            try {
                agent.start();
            } catch (LinuxException e) {
                failed.accept(e);
            }
        });
    }

    /**
     * Serves one more queue of a session that was started: one that was not among its first, or that was stopped.
     *
     * @param queue the queue; its kick belongs to the session from now on
     * @param failed as for {@link #start}
     * @throws IOException if a handler cannot be opened, or the memory has vanished
     */
    public void addQueue(QueueSetup queue, Consumer<LinuxException> failed) throws IOException {
        agents.removeIf(DeviceAgent::isFinished);
        try {
            start(add(pool.forQueues(1).getFirst(), List.of(queue)), failed);
        } catch (IOException | RuntimeException e) {
            closeKicks(List.of(queue));
            throw e;
        }
    }

    /**
     * Stops one queue: takes no more chains of it, and when everything in flight of it is back, never touches its rings
     * again.
     *
     * @param stopped told then where it stands; not told if {@link #resume} comes before
     */
    public void stopQueue(int queue, Consumer<VirtqueueState> stopped) {
        DeviceAgent agent = agentOf(queue);
        agent.worker().execute(() -> {
            QueueAgent stops = agent.queue(queue);
            stops.pauseUntilDrained(state -> {
                stops.vanish();
                if (agent.queues() == 1) {
                    agent.worker().execute(() -> agent.stop(() -> {})); // not in the middle of its round
                }
                stopped.accept(state);
            });
        });
    }

    /**
     * Stops taking chains of one queue until everything in flight of it is back, tells where it stands, and goes
     * on.
     */
    public void pauseUntilDrained(int queue, Consumer<VirtqueueState> state) {
        DeviceAgent agent = agentOf(queue);
        agent.worker().execute(() -> agent.queue(queue).pauseUntilDrained(state));
    }

    /** Goes on with a queue whose pause, or stop, took too long. */
    public void resume(int queue) {
        DeviceAgent agent = agentOf(queue);
        agent.worker().execute(() -> agent.queue(queue).resume());
    }

    /** Whether it was given this queue, also if that was stopped. */
    public boolean serves(int queue) {
        return byQueue.containsKey(queue);
    }

    /** The queues that it was given, those that were stopped included. */
    public Set<Integer> queues() {
        return Set.copyOf(byQueue.keySet());
    }

    /**
     * Makes every worker go over to the memory of now.
     *
     * @param generation generation of that memory
     * @param passed told once no worker uses older memory and nothing in flight lies in it
     */
    public void passTo(long generation, Runnable passed) {
        Runnable last = afterAll(passed);
        for (DeviceAgent agent : agents) {
            agent.worker().execute(() -> agent.passTo(generation, last));
        }
    }

    /**
     * Ends the session: nothing more is taken.
     *
     * @param drained told once nothing is in flight; the session then holds nothing any more
     */
    public void stop(Runnable drained) {
        Runnable last = afterAll(drained);
        for (DeviceAgent agent : agents) {
            agent.worker().execute(() -> agent.stop(last));
        }
    }

    /**
     * Called after {@link #stop} when the drain takes too long, once the memory has been replaced in place: late
     * completions go nowhere. Writes that the backend still has go before those of the next session that overlap them.
     */
    public void abandon() {
        agents.forEach(DeviceAgent::expectAbandon); // now: a worker may be stuck, and the next session begins
        for (DeviceAgent agent : agents) {
            agent.worker().execute(agent::abandon);
        }
    }

    /** What has happened on a queue. Any thread. */
    public QueueCounters counters(int queue) {
        return counters[queue];
    }

    WriteOrder order() {
        return order;
    }

    LeftWrites left() {
        return history.left();
    }

    BrokenQueues broken() {
        return broken;
    }

    FaultLog log() {
        return history.faults();
    }

    String name() {
        return history.faults().device();
    }

    MemorySource memory() {
        return memory;
    }

    Interrupts interrupts() {
        return interrupts;
    }

    InflightLog inFlight() {
        return inFlight;
    }

    MemoryBudget budget() {
        return budget;
    }

    private DeviceAgent agentOf(int queue) {
        DeviceAgent agent = byQueue.get(queue);
        if (agent == null) {
            throw new IllegalArgumentException(name() + " does not serve queue " + queue);
        }
        return agent;
    }

    private Runnable afterAll(Runnable done) {
        if (agents.isEmpty()) {
            done.run();
        }
        AtomicInteger left = new AtomicInteger(agents.size());
        return () -> {
            if (left.decrementAndGet() == 0) {
                done.run();
            }
        };
    }
}
