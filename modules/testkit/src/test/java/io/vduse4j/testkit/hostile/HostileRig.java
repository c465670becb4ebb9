package io.vduse4j.testkit.hostile;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.QueueCounters;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vhost.VhostVdpa;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.testkit.VhostNode;
import io.vduse4j.testkit.VhostVdpaDevice;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Disks of one queue, all on one worker, served by the framework on an embedded kernel and open to drivers by vhost-vdpa. */
final class HostileRig implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(20);

    /** Most entries of a ring. */
    static final int ENTRIES = 256;

    private static final ServeOptions OPTIONS = new ServeOptions(true, false, false, true, (_, _) -> {});

    private final VhostVdpa vhost = new VhostVdpa(LIMIT);
    private final EmbeddedKernel kernel = new EmbeddedKernel(KernelProfile.LINUX_6_12, List.of(vhost));
    private final VdpaBus bus = new VdpaBus(kernel);
    private final WorkerPool pool = new WorkerPool(1, 0);
    private final VduseControl control = VduseControl.open(kernel);
    private final Map<String, VduseServer> servers = new HashMap<>();
    private final Deque<Step> undo = new ArrayDeque<>();

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    HostileRig() throws IOException {
        undo.push(kernel::close);
        undo.push(pool::close);
        undo.push(control::close);
    }

    /** Serves a disk of zeroes in memory. */
    VhostNode addDisk(String name) throws IOException {
        return addDisk(name, Backends.open("memory:4M", BackendOptions.NONE));
    }

    /** Serves a disk, and closes its backend in the end. */
    VhostNode addDisk(String name, Backend backend) throws IOException {
        undo.push(backend::close);
        var disk = new VirtioBlk(backend, new BlkOptions(name, 1, ENTRIES, "serial"), MemoryBudget.process());
        undo.push(disk::close);
        control.create(new DeviceSpec(
                name,
                disk.vendorId(),
                disk.deviceId(),
                VduseServer.features(disk, OPTIONS),
                1,
                DeviceSpec.PAGE_SIZE,
                disk.config()));
        undo.push(() -> control.destroy(name));
        VduseDevice node = VduseDevice.open(kernel, name, 1);
        undo.push(node::close);
        node.setupQueue(0, ENTRIES);
        var server = new VduseServer(node, disk, pool, OPTIONS);
        undo.push(server::close);
        servers.put(name, server);
        bus.add(name, LIMIT);
        undo.push(() -> bus.delete(name, LIMIT));
        return VhostNode.of(name, vhost.open(name));
    }

    /** What a device has counted since its driver has started it. */
    Optional<QueueCounters> counters(String name) {
        return servers.get(name).session().map(session -> session.counters(0));
    }

    Victim victim(String name) throws IOException {
        return victimOf(name, Backends.open("memory:4M", BackendOptions.NONE));
    }

    Victim victimOf(String name, Backend backend) throws IOException {
        return new Victim(new VhostVdpaDevice(addDisk(name, backend)), () -> counters(name));
    }

    @Override
    public void close() throws IOException {
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }
}
