package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.util.Optional;

/** A driver on the vdpa bus: {@code virtio_vdpa} or {@code vhost_vdpa}. */
public interface VdpaBusDriver {

    /** Its name, as {@code driver_override} has it. */
    String name();

    /**
     * Takes a device. Runs with the bus held; waits for the daemon's replies and for the first I/O.
     *
     * @throws LinuxException if the driver cannot work with the device, which then stays on the bus without a driver
     */
    Binding probe(VdpaOps device) throws LinuxException;

    /** A device that a driver has taken. */
    interface Binding {
        /** Lets go of the device: finishes its requests, resets it. Called once, with the bus held. */
        void remove();

        /** How the device is used at the moment; empty if nobody can. Any thread; never waits. */
        default Optional<VdpaConsumer> consumer() {
            return Optional.empty();
        }
    }
}
