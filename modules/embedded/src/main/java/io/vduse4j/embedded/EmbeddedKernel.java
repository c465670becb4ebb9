package io.vduse4j.embedded;

import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaCore;
import io.vduse4j.embedded.vdpa.VdpaGenl;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vduse.VduseDriver;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The kernel half of VDUSE in this JVM, for machines whose kernel has none and for tests of devices without root. Nothing
 * is shared with another instance.
 *
 * <p>Any thread may call any method. Netlink requests and the closing run on threads of this kernel, so that a silent
 * daemon holds nobody longer than he agreed to.
 */
public final class EmbeddedKernel implements VduseHost {
    private static final Logger LOG = System.getLogger(EmbeddedKernel.class.getName());

    /** A driver whose device is broken has nothing to wait for when it lets go. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final VduseDriver vduse;
    private final VdpaCore core;
    private final VdpaGenl genl;
    private final KernelThreads threads = new KernelThreads();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Boots a kernel without devices.
     *
     * @param profile the version that it imitates
     * @param drivers the drivers of its vdpa bus; the first takes every new device
     */
    public EmbeddedKernel(KernelProfile profile, List<VdpaBusDriver> drivers) {
        vduse = new VduseDriver(profile);
        core = new VdpaCore(vduse, drivers);
        genl = new VdpaGenl(core);
    }

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public VduseNode open(String node) throws IOException {
        NodeName.check("open", node);
        checkOpen("open", node);
        return vduse.open(node);
    }

    @Override
    public String readAttribute(String device, String attribute) throws IOException {
        NodeName.check("open", device);
        return vduse.readAttribute(device, attribute);
    }

    @Override
    public void writeAttribute(String device, String attribute, String value) throws IOException {
        NodeName.check("open", device);
        vduse.writeAttribute(device, attribute, value);
    }

    @Override
    public NetlinkReply vdpa(int command, boolean dump, byte[] attributes, Duration timeout) throws IOException {
        checkOpen("vdpa", "command " + command);
        return threads.within("vdpa command " + command, timeout, () -> genl.request(command, dump, attributes));
    }

    /**
     * As {@link VduseHost#bind}; the driver's removal and probe run on the caller's thread, each message bounded by the
     * device's timeout.
     */
    @Override
    public void bind(String device, String driver) throws IOException {
        var call = "bind to " + driver;
        NodeName.check(call, device);
        NodeName.check(call, driver);
        checkOpen(call, device);
        core.bind(device, driver);
    }

    @Override
    public List<String> devices() {
        return vduse.nodes();
    }

    @Override
    public boolean isAttached(String device) {
        return core.has(device);
    }

    @Override
    public Optional<VdpaConsumer> consumer(String device) throws IOException {
        NodeName.check("look up", device);
        return core.consumer(device);
    }

    private void checkOpen(String call, String object) throws LinuxException {
        if (closed.get()) {
            throw new LinuxException(call, object, Errno.ENODEV, "the embedded kernel is closed");
        }
    }

    /**
     * Switches the kernel off: every wait for a daemon ends, every device is broken, drivers let go, memory goes. Detach
     * devices before if requests in flight matter. Nodes that are open stay the caller's to close.
     */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        vduse.breakDevices();
        try {
            threads.within("vdpa shutdown", PATIENCE, () -> {
                core.close();
                return true;
            });
        } catch (IOException late) {
            LOG.log(Level.WARNING, "a driver does not let go of its device", late);
        }
        vduse.close();
        threads.close(PATIENCE);
    }
}
