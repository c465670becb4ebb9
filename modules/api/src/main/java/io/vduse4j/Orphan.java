package io.vduse4j;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A device that is on the vdpa bus and whose server is gone, killed or by its own will: its driver may be in the middle of
 * requests, and waits for the next server. Its node is open already, so that nobody else becomes that.
 *
 * <p>The bus is not asked: while its driver waits for an answer of the dead server, so does whoever asks the bus
 * (kernel-behaviour 6.4).
 *
 * @param node the open node; of whoever has found the orphan
 * @param name of the device
 * @param queues how many it has
 */
record Orphan(VduseNode node, String name, int queues) {

    /** A killed process lets go of its descriptors when its memory is gone, which takes a while. */
    private static final Duration DYING = Duration.ofSeconds(2);

    private static final long STEP_MILLIS = 20;

    /**
     * Looks for one. A device of this name that is not on the bus has no driver, so that nothing is lost with it: it is
     * destroyed.
     *
     * @throws LinuxException EBUSY if a live process serves the device
     */
    static Optional<Orphan> find(VduseHost host, SetUp setUp, String name) throws IOException {
        Optional<VduseNode> opened = open(host, name);
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        VduseNode node = opened.get();
        if (!host.isAttached(name)) {
            node.close();
            setUp.destroy();
            return Optional.empty();
        }
        try {
            return Optional.of(new Orphan(node, name, queues(node, name)));
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
    }

    /** Counts the queues of a device; its server may be anybody. */
    static int queues(VduseNode node, String name) throws IOException {
        VduseDevice device = new VduseDevice(node, name, 0); // its close would close the node
        for (int count = 0; count < BlkOptions.MAX_QUEUES; count++) {
            try {
                device.queueInfo(count);
            } catch (LinuxException e) {
                if (e.errno() == Errno.EINVAL) {
                    return count;
                }
                throw e;
            }
        }
        return BlkOptions.MAX_QUEUES;
    }

    /** Before anything else: it tells whether a live process serves the device. One that dies just now takes a moment. */
    static Optional<VduseNode> open(VduseHost host, String name) throws IOException {
        long deadline = System.nanoTime() + DYING.toNanos();
        while (true) {
            try {
                return Optional.of(host.open(name));
            } catch (LinuxException e) {
                if (e.errno() == Errno.ENOENT) {
                    return Optional.empty();
                }
                if (e.errno() != Errno.EBUSY || System.nanoTime() - deadline >= 0) {
                    throw e;
                }
            }
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LinuxException("open", name, Errno.EINTR);
            }
        }
    }

    /**
     * How it is served: its queues are what they are.
     *
     * @param wished for a new device
     */
    BlkOptions options(BlkOptions wished) {
        return new BlkOptions(wished.name(), queues, BlkOptions.MAX_QUEUE_SIZE, wished.serial());
    }

    /**
     * Checks that what was acknowledged is still there (P1).
     *
     * @throws LinuxException EOPNOTSUPP if the backend has lost it with the process
     */
    void refuseWithout(Backend backend) throws LinuxException {
        if (!backend.durability().survivesProcess()) {
            throw new LinuxException(
                    "take over",
                    name,
                    Errno.EOPNOTSUPP,
                    backend.describe() + " cannot go on for a server that has died: "
                            + backend.durability().reason() + ". vduse abort " + name
                            + " ends what its driver waits for, so that the device can be removed");
        }
    }

    /**
     * Waits until its driver is served.
     *
     * @throws LinuxException EBADMSG if it cannot be: what was in flight cannot be told, or it was served in another way
     */
    void awaitServed(VduseServer server, Duration timeout) throws LinuxException {
        try {
            if (server.awaitAdoption(timeout)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LinuxException("take over", name, Errno.EINTR);
        }
        throw new LinuxException(
                "take over",
                name,
                Errno.EBADMSG,
                "its driver cannot be served on; the lines above say why. Serve it as it was served before, or let its"
                        + " driver go: vduse abort " + name);
    }

    /**
     * Where its consumer finds it; gives it to its driver first, if the server died before that.
     *
     * @throws LinuxException EBUSY if another kind of consumer has it, ETIMEDOUT
     */
    String consumer(VduseHost host, SetUp setUp, Bus bus, long size, Duration timeout) throws IOException {
        Optional<VdpaConsumer> now = host.consumer(name);
        if (now.isEmpty()) {
            setUp.bus().bind(name, bus.driver(), timeout);
        } else if (now.get().size().isPresent() != (bus == Bus.VIRTIO)) {
            throw new LinuxException(
                    "take over",
                    name,
                    Errno.EBUSY,
                    "it is in use as " + now.get().node() + ": serve it with --bus "
                            + (bus == Bus.VIRTIO ? "vhost" : "virtio"));
        }
        return ConsumerNode.await(host, name, bus, size, timeout);
    }
}
