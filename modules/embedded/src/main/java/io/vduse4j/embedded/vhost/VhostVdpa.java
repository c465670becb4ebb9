package io.vduse4j.embedded.vhost;

import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The bus driver {@code vhost_vdpa}: gives each device a node that one client can have open (kernel-behaviour 8.1). It
 * says nothing to the daemon by itself. Any thread; {@link #probe} and what it returns belong to the vdpa bus.
 */
public final class VhostVdpa implements VdpaBusDriver {

    private static final System.Logger LOG = System.getLogger(VhostVdpa.class.getName());

    private final Duration removeTimeout;

    /** By the name of the device. Guarded by itself. */
    private final Map<String, Node> nodes = new HashMap<>();

    /** A device that can be opened; guarded by {@link #nodes}. */
    private static final class Node {
        final VdpaOps ops;
        boolean open;
        VhostVdpaFile file;

        Node(VdpaOps ops) {
            this.ops = ops;
        }
    }

    /**
     * Makes a driver without devices.
     *
     * @param removeTimeout how long a removal waits for the client to close the device, where Linux waits for ever
     *     (kernel-behaviour 6.4); then the file is closed under it
     */
    public VhostVdpa(Duration removeTimeout) {
        if (removeTimeout.isNegative() || removeTimeout.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("not a time limit of up to a day: " + removeTimeout);
        }
        this.removeTimeout = removeTimeout;
    }

    @Override
    public String name() {
        return "vhost_vdpa";
    }

    /**
     * Opens a device, which resets it.
     *
     * @param name name of the device on the vdpa bus
     * @throws LinuxException ENOENT if this driver does not have the device, EBUSY if it is open, EIO if the daemon
     *     refuses the reset
     */
    public VhostVdpaFile open(String name) throws LinuxException {
        Node node;
        synchronized (nodes) {
            node = nodes.get(name);
            if (node == null) {
                throw new LinuxException("open vhost-vdpa", name, Errno.ENOENT, "bind it to " + name() + " first");
            }
            if (node.open) {
                throw new LinuxException("open vhost-vdpa", name, Errno.EBUSY, "another client has it open");
            }
            node.open = true;
        }
        VhostVdpaFile file = null;
        try {
            file = VhostVdpaFile.open(node.ops, () -> closed(node));
        } finally {
            if (file == null) {
                closed(node);
            }
        }
        synchronized (nodes) {
            if (nodes.get(name) == node) {
                node.file = file;
                return file;
            }
        }
        file.close();
        throw new LinuxException("open vhost-vdpa", name, Errno.ENODEV, "it was removed meanwhile");
    }

    private void closed(Node node) {
        synchronized (nodes) {
            node.open = false;
            node.file = null;
            nodes.notifyAll();
        }
    }

    @Override
    public Binding probe(VdpaOps device) throws LinuxException {
        var node = new Node(device);
        synchronized (nodes) {
            nodes.put(device.name(), node);
        }
        return new Binding() {
            @Override
            public void remove() {
                VhostVdpa.this.remove(device.name(), node);
            }

            // Its node is for VhostVdpa.open.
            @Override
            public Optional<VdpaConsumer> consumer() {
                return Optional.of(new VdpaConsumer("vhost-vdpa:" + device.name(), OptionalLong.empty()));
            }
        };
    }

    private void remove(String name, Node node) {
        VhostVdpaFile left;
        synchronized (nodes) {
            nodes.remove(name, node);
            awaitClose(node);
            left = node.file;
        }
        if (left != null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: a client has it open {1} after the removal was asked for; it is closed",
                    name,
                    removeTimeout);
            left.close();
        }
    }

    /** Waits until nobody has the node open, or the time is over. Called with the lock of the nodes. */
    private void awaitClose(Node node) {
        long end = System.nanoTime() + removeTimeout.toNanos();
        try {
            while (node.open) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                nodes.wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
