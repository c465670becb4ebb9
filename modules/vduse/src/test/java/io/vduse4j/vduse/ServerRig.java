package io.vduse4j.vduse;

import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtqueueState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server between a scripted kernel and an echo device. */
final class ServerRig implements AutoCloseable {

    static final int ACKNOWLEDGED = DeviceStatus.ACKNOWLEDGE;
    static final int DRIVER = ACKNOWLEDGED | DeviceStatus.DRIVER;
    static final int FEATURES_OK = DRIVER | DeviceStatus.FEATURES_OK;
    static final int DRIVER_OK = FEATURES_OK | DeviceStatus.DRIVER_OK;
    static final int QUEUE_SIZE = 64;
    private static final long MEMORY = 1 << 20;

    final FakeKernel kernel = new FakeKernel();
    final WorkerPool pool;
    final VduseDevice node;
    final VduseServer server;
    final List<DriverMemory> memories = new ArrayList<>();
    final List<EchoDriver> drivers = new ArrayList<>();
    final List<String> observed = new CopyOnWriteArrayList<>();
    private final VirtioDevice device;
    private final long budgetBefore = MemoryBudget.process().used();

    ServerRig(VirtioDevice device) throws LinuxException {
        this(device, true, false);
    }

    ServerRig(VirtioDevice device, boolean kicks, boolean adopt) throws LinuxException {
        this.device = device;
        pool = new WorkerPool(1, 0);
        node = new VduseDevice(kernel, "disk0", device.queues());
        kernel.features = VduseServer.features(device, ServeOptions.DEFAULT);
        if (adopt) {
            newDriver();
        }
        server = new VduseServer(node, device, pool, new ServeOptions(kicks, false, adopt, false, this::observe));
    }

    private void observe(VduseMessage message, boolean ok) {
        observed.add(message + " " + ok);
    }

    /** A driver sets its queues up in new memory; the kernel knows only these. */
    void newDriver() throws LinuxException {
        DriverMemory memory = new DriverMemory(MEMORY);
        memories.add(memory);
        drivers.clear();
        kernel.entries.clear();
        kernel.entries.add(
                new FakeKernel.Entry(DriverMemory.BASE, DriverMemory.BASE + MEMORY - 1, 0, 3, memory.file()));
        for (int index = 0; index < device.queues(); index++) {
            EchoDriver driver = new EchoDriver(memory, index, QUEUE_SIZE, kernel.features);
            drivers.add(driver);
            var rings = driver.rings();
            kernel.queues.put(
                    index,
                    new QueueInfo(
                            QUEUE_SIZE,
                            rings.desc(),
                            rings.driver(),
                            rings.device(),
                            0,
                            VirtqueueState.split(0),
                            true));
        }
    }

    DriverMemory memory() {
        return memories.getLast();
    }

    /** A whole attach (kernel-behaviour 7.1). */
    ServerRig attach() throws LinuxException {
        for (int status : new int[] {0, ACKNOWLEDGED, DRIVER, FEATURES_OK}) {
            ok(kernel.setStatus(status));
        }
        newDriver();
        ok(kernel.setStatus(DRIVER_OK));
        return this;
    }

    FakeKernel.Reply ok(int id) {
        FakeKernel.Reply reply = kernel.await(id);
        if (!reply.ok()) {
            throw new AssertionError("message " + id + " was refused: " + kernel.log());
        }
        return reply;
    }

    FakeKernel.Reply refused(int id) {
        FakeKernel.Reply reply = kernel.await(id);
        if (reply.ok()) {
            throw new AssertionError("message " + id + " was taken: " + kernel.log());
        }
        return reply;
    }

    void send(int queue, long value) {
        EventFd kick = Optional.ofNullable(kernel.kick(queue)).orElseThrow();
        if (!drivers.get(queue).send(value, kick)) {
            throw new AssertionError("queue is full");
        }
    }

    void echo(int queue, long value) {
        send(queue, value);
        receive(queue, value);
    }

    void receive(int queue, long value) {
        Eventually.until("echo of " + value, () -> drivers.get(queue).receive() == value);
    }

    /** Bytes that services hold of the budget. */
    long held() {
        return MemoryBudget.process().used() - budgetBefore;
    }

    @Override
    public void close() {
        server.close();
        pool.close();
        node.close();
        memories.forEach(DriverMemory::close);
    }
}
