package io.vduse4j.guest;

import io.vduse4j.Hosts;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.time.Duration;

/**
 * A VDUSE device without anybody who serves it: what {@link io.vduse4j.Disk} does in one step is done in many here. Closed
 * after whoever serves it; it is detached before.
 */
final class Bare implements AutoCloseable {
    private static final Duration LET_GO = Duration.ofSeconds(10);

    private final VduseHost host;
    private final VduseControl control;
    private final String name;

    /** Creates a device with a configuration space that need not be the one of what will serve it. */
    Bare(String name, VirtioDevice device, byte[] config) throws IOException {
        this.name = name;
        host = Hosts.open("linux");
        control = VduseControl.open(host);
        control.create(new DeviceSpec(
                name,
                device.vendorId(),
                device.deviceId(),
                VduseServer.features(device, ServeOptions.DEFAULT),
                device.queues(),
                DeviceSpec.PAGE_SIZE,
                config));
    }

    VduseHost host() {
        return host;
    }

    VduseControl control() {
        return control;
    }

    /** Attaches it; comes back when the driver has probed it, so somebody else must answer messages meanwhile. */
    void attach() throws IOException {
        new VdpaBus(host).add(name, Shell.PATIENCE);
    }

    /** Detaches it; comes back when the driver has let go. */
    void detach() throws IOException {
        new VdpaBus(host).delete(name, Shell.PATIENCE);
    }

    /** Destroys it. The kernel lets go of a device a moment after it was detached. */
    @Override
    public void close() throws IOException {
        try (control) {
            Wait.until("the end of " + name, LET_GO, () -> {
                try {
                    control.destroy(name);
                    return true;
                } catch (LinuxException busy) {
                    if (busy.errno() == Errno.EBUSY) {
                        return false;
                    }
                    throw busy;
                }
            });
        }
    }
}
