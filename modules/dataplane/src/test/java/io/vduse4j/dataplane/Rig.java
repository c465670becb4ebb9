package io.vduse4j.dataplane;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A device that is served by one worker of its own, or by a given pool, and a driver for each of its queues. */
final class Rig implements AutoCloseable {

    static final int SIZE = 64;
    private static final long MEMORY = 8 << 20;

    final DriverMemory memory;
    final WorkerPool pool;
    final Interrupted interrupts = new Interrupted();
    final List<EchoDriver> drivers = new ArrayList<>();
    final List<EventFd> kicks = new ArrayList<>();
    final MemoryBudget budget;
    final Session session;
    final List<String> broken = new CopyOnWriteArrayList<>();
    private final boolean ownPool;
    private boolean stopped;

    Rig(VirtioDevice device, long features) throws IOException {
        this(device, features, true, new WorkerPool(1, 0), true, SIZE);
    }

    Rig(VirtioDevice device, long features, WorkerPool pool) throws IOException {
        this(device, features, pool, new DeviceHistory("rig"));
    }

    Rig(VirtioDevice device, long features, WorkerPool pool, DeviceHistory history) throws IOException {
        this(device, features, true, pool, false, SIZE, history);
    }

    Rig(VirtioDevice device, long features, boolean kicked, WorkerPool pool, boolean ownPool, int size)
            throws IOException {
        this(device, features, kicked, pool, ownPool, size, new DeviceHistory("rig"));
    }

    private Rig(
            VirtioDevice device,
            long features,
            boolean kicked,
            WorkerPool pool,
            boolean ownPool,
            int size,
            DeviceHistory history)
            throws IOException {
        this.pool = pool;
        this.ownPool = ownPool;
        memory = new DriverMemory(MEMORY);
        budget = MemoryBudget.process().child("rig", 64 << 20);
        List<QueueSetup> setups = new ArrayList<>();
        for (int index = 0; index < device.queues(); index++) {
            EchoDriver driver = new EchoDriver(memory, index, size, features);
            EventFd kick = EventFd.create();
            drivers.add(driver);
            kicks.add(kick);
            setups.add(driver.setup(kicked ? Optional.of(kick) : Optional.empty()));
        }
        session = new Session(history, device, features, setups, memory, interrupts, pool, budget);
        session.onBroken((queue, fault) -> broken.add(queue + ": " + fault));
    }

    /** Starts, and waits until the first interrupts were sent. */
    Rig start() {
        session.start(e -> {
            throw new IllegalStateException(e);
        });
        for (int queue = 0; queue < drivers.size(); queue++) {
            int index = queue;
            Eventually.until("interrupt at the start", () -> interrupts.asked(index) > 0);
        }
        return this;
    }

    EchoDriver driver() {
        return drivers.getFirst();
    }

    EventFd kick() {
        return kicks.getFirst();
    }

    QueueCounters counters() {
        return session.counters(0);
    }

    /** Sends a number on a queue and waits for it. */
    void echo(int queue, long value) {
        if (!drivers.get(queue).send(value, kicks.get(queue))) {
            throw new AssertionError("queue is full");
        }
        Eventually.until("echo of " + value, () -> drivers.get(queue).receive() == value);
    }

    /** Waits until a command was executed by the worker: whatever was asked before is done. */
    void settle() {
        settleCommands();
        settleCommands(); // a round of work lies between two commands that were not asked for together
    }

    /** Waits until the worker has executed what was asked of it, whether or not anything is in flight. */
    void settleCommands() {
        CountDownLatch done = new CountDownLatch(1);
        pool.forQueues(1).getFirst().execute(done::countDown);
        await(done, "the worker executes commands");
    }

    /** Stops, and waits until everything is back. */
    void stop() {
        CountDownLatch drained = new CountDownLatch(1);
        stopped = true;
        session.stop(drained::countDown);
        await(drained, "the session has ended");
    }

    static void await(CountDownLatch latch, String what) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("never happened: " + what);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        if (!stopped) {
            stop();
        }
        if (ownPool) {
            pool.close();
        }
        kicks.forEach(EventFd::close);
        budget.close();
        memory.close();
    }

    static WorkerPool pool() throws LinuxException {
        return new WorkerPool(1, 0);
    }
}
