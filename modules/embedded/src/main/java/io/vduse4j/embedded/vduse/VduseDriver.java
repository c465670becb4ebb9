package io.vduse4j.embedded.vduse;

import io.vduse4j.embedded.vdpa.VdpaManagementDevice;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The vduse driver: creates and destroys devices, opens their nodes, and puts them on the vdpa bus. Safe from several
 * threads.
 */
public final class VduseDriver implements VdpaManagementDevice, AutoCloseable {
    private static final Logger LOG = System.getLogger(VduseDriver.class.getName());

    /** Network and block devices; file systems are not named though they can be created (kernel-behaviour 6.3). */
    private static final long CLASSES = 1L << DevConfig.NET | 1L << DevConfig.BLOCK;

    /** Minors of the character device but that of the control node. */
    private static final int MAX_DEVICES = (1 << 20) - 1;

    private final KernelProfile kernel;
    private final InterruptThread interrupts;

    /** By name; guarded by this. */
    private final Map<String, VduseDev> devices = new LinkedHashMap<>();

    private boolean closed;

    /**
     * Starts the driver with its interrupt thread.
     *
     * @param kernel what it imitates
     */
    public VduseDriver(KernelProfile kernel) {
        this.kernel = kernel;
        interrupts = new InterruptThread("embedded");
    }

    KernelProfile kernel() {
        return kernel;
    }

    /** CREATE_DEV of a valid description. @return 0 or a negative errno */
    synchronized int create(DevConfig wanted, MemorySegment config, long apiVersion, long features) {
        boolean nameTaken = wanted.nodeName().equals(NodeName.CONTROL)
                || devices.containsKey(wanted.name())
                || byNode(wanted.nodeName()).isPresent();
        if (nameTaken) {
            return -Errno.EEXIST;
        }
        if (closed || devices.size() == MAX_DEVICES) {
            return -Errno.ENOSPC;
        }
        devices.put(wanted.name(), new VduseDev(wanted, config, kernel, apiVersion, features, interrupts));
        return 0;
    }

    /** DESTROY_DEV. @return 0 or a negative errno */
    synchronized int destroy(String name) {
        var dev = devices.get(name);
        if (dev == null) {
            return -Errno.EINVAL;
        }
        int result = dev.destroy();
        if (result == 0) {
            devices.remove(name);
        }
        return result;
    }

    /**
     * Opens a node.
     *
     * @param node {@code control} or what a device's node is called
     * @throws LinuxException ENOENT, EBUSY
     */
    public VduseNode open(String node) throws LinuxException {
        if (node.equals(NodeName.CONTROL)) {
            return new ControlNode(this);
        }
        var dev = device("open", node);
        int result = dev.connect();
        if (result < 0) {
            throw new LinuxException("open", node, -result);
        }
        return new DeviceNode(dev);
    }

    /** What the nodes of all devices are called. */
    public synchronized List<String> nodes() {
        return devices.values().stream().map(dev -> dev.created().nodeName()).toList();
    }

    /**
     * Reads an attribute of a device.
     *
     * @throws LinuxException ENOENT
     */
    public String readAttribute(String node, String attribute) throws LinuxException {
        var value = device("read", node).attributes().read(attribute);
        return value.orElseThrow(() -> new LinuxException("read", node + "/" + attribute, Errno.ENOENT));
    }

    /**
     * Writes an attribute of a device.
     *
     * @throws LinuxException ENOENT, EINVAL, ERANGE, EPERM, EOVERFLOW
     */
    public void writeAttribute(String node, String attribute, String value) throws LinuxException {
        int result = device("write", node).attributes().write(attribute, value);
        if (result < 0) {
            throw new LinuxException("write", node + "/" + attribute, -result);
        }
    }

    private synchronized VduseDev device(String call, String node) throws LinuxException {
        return byNode(node).orElseThrow(() -> new LinuxException(call, node, Errno.ENOENT));
    }

    private Optional<VduseDev> byNode(String node) {
        return devices.values().stream()
                .filter(dev -> dev.created().nodeName().equals(node))
                .findFirst();
    }

    @Override
    public String name() {
        return "vduse";
    }

    @Override
    public long supportedClasses() {
        return CLASSES;
    }

    @Override
    public synchronized VdpaOps add(String device) throws LinuxException {
        var dev = devices.get(device);
        if (dev == null) {
            throw new LinuxException("attach", device, Errno.EINVAL, "there is no VDUSE device of that name");
        }
        dev.attach();
        return new VduseVdpa(dev);
    }

    @Override
    public synchronized void remove(String device) {
        devices.get(device).detach();
    }

    /** Ends every wait for a reply: all devices are broken from now on. */
    public synchronized void breakDevices() {
        closed = true;
        devices.values().forEach(dev -> dev.messages().breakDevice());
    }

    /** Destroys all devices, open or not, and ends the interrupt thread. Call after {@link #breakDevices}. */
    @Override
    public synchronized void close() {
        for (var dev : devices.values()) {
            if (dev.isAttached()) {
                // Its driver may still touch the memory.
                LOG.log(
                        Level.WARNING,
                        "{0}: its driver does not let go; its memory is kept",
                        dev.created().name());
            } else {
                dev.close();
            }
        }
        devices.clear();
        interrupts.close();
    }
}
