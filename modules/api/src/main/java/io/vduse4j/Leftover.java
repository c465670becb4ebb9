package io.vduse4j;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaDevice;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A device of our name that a dead process has left behind. It is served for as long as it takes to detach it, since its
 * driver first finishes its requests, and then destroyed.
 */
final class Leftover {

    private Leftover() {}

    /**
     * Removes the device.
     *
     * @param backend what the driver's last requests go to
     * @param timeout longest wait for the bus, each time it is asked
     * @throws LinuxException EBUSY if a live process serves the device; ETIMEDOUT if its driver does not let go
     */
    static void remove(VduseHost host, SetUp setUp, String name, Backend backend, Duration timeout) throws IOException {
        VduseNode raw = host.open(name); // before anything else: it tells whether a live process serves the device
        Optional<VdpaDevice> attached = attached(host, setUp, name, raw, timeout);
        int queues = Math.clamp(attached.map(VdpaDevice::maxVqs).orElse(1), 1, BlkOptions.MAX_QUEUES);
        BlkOptions options = new BlkOptions(name, queues, BlkOptions.MAX_QUEUE_SIZE, "");
        try (VduseDevice node = new VduseDevice(raw, name, queues)) {
            if (attached.isPresent()) {
                try (VirtioBlk disk = new VirtioBlk(backend, options, MemoryBudget.process());
                        WorkerPool pool = new WorkerPool(1, 0);
                        VduseServer _ = new VduseServer(node, disk, pool, ServeOptions.ADOPT)) {
                    setUp.detach(timeout);
                }
            }
        }
        setUp.destroy();
    }

    private static Optional<VdpaDevice> attached(
            VduseHost host, SetUp setUp, String name, VduseNode raw, Duration timeout) throws IOException {
        try {
            return host.isAttached(name) ? setUp.bus().device(name, timeout) : Optional.empty();
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }
}
