package io.vduse4j.testkit;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vhost.VhostVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpaOptions;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A disk in memory, served by the framework on an embedded kernel with both of its drivers. */
final class EmbeddedRig implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(20);
    static final String NAME = "disk0";

    final VirtioVdpa virtio;
    final VhostVdpa vhost = new VhostVdpa(LIMIT);
    final EmbeddedKernel kernel;
    final Backend backend;
    final VdpaBus bus;
    private final VduseControl control;
    private final VirtioBlk disk;
    private final VduseDevice node;
    private final WorkerPool pool;
    private final VduseServer server;
    private boolean attached;

    EmbeddedRig(int queues) throws IOException {
        this(queues, false);
    }

    EmbeddedRig(int queues, boolean packed) throws IOException {
        var options = new ServeOptions(true, false, false, packed, (_, _) -> {});
        virtio = new VirtioVdpa(VirtioVdpaOptions.DEFAULT.withCpus(queues).withTimeouts(LIMIT));
        kernel = new EmbeddedKernel(KernelProfile.LINUX_6_12, List.of(virtio, vhost));
        backend = Backends.open("memory:32M", BackendOptions.NONE);
        disk = new VirtioBlk(backend, new BlkOptions(NAME, queues, 128, "serial"), MemoryBudget.process());
        control = VduseControl.open(kernel);
        control.create(new DeviceSpec(
                NAME,
                disk.vendorId(),
                disk.deviceId(),
                VduseServer.features(disk, options),
                queues,
                4096,
                disk.config()));
        node = VduseDevice.open(kernel, NAME, queues);
        for (int queue = 0; queue < queues; queue++) {
            node.setupQueue(queue, disk.maxQueueSize());
        }
        pool = new WorkerPool(2, 0);
        server = new VduseServer(node, disk, pool, options);
        bus = new VdpaBus(kernel);
    }

    void attach() throws IOException {
        bus.add(NAME, LIMIT);
        attached = true;
    }

    void detach() throws IOException {
        attached = false;
        bus.delete(NAME, LIMIT);
    }

    /** The device's status as its daemon has it. */
    int status() {
        return server.status();
    }

    @Override
    public void close() throws IOException {
        if (attached) {
            detach();
        }
        server.close();
        pool.close();
        node.close();
        control.destroy(NAME);
        control.close();
        disk.close();
        kernel.close();
    }
}
