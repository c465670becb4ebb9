package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.time.Duration;

/** The privileged part of a disk's life: creating, attaching, detaching and destroying its device. */
final class SetUp implements AutoCloseable {

    /** A detached device is let go of a moment later (kernel-behaviour 2.2). */
    private static final Duration LET_GO = Duration.ofSeconds(2);

    private static final long LET_GO_STEP_MILLIS = 20;

    private final VduseControl control;
    private final VdpaBus bus;
    private final VduseHost host;
    private final String name;

    SetUp(VduseHost host, String name) throws IOException {
        control = VduseControl.open(host);
        bus = new VdpaBus(host);
        this.host = host;
        this.name = name;
    }

    VdpaBus bus() {
        return bus;
    }

    void create(DeviceSpec spec) throws IOException {
        control.create(spec);
    }

    /** Attaches the device and gives it to its driver; it must be served already. */
    String attach(Bus consumer, long size, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        bus.add(name, timeout);
        bus.bind(name, consumer.driver(), left(deadline));
        return ConsumerNode.await(host, name, consumer, size, left(deadline));
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    }

    /** Takes the device off the bus, if it is there; it must still be served. */
    void detach(Duration timeout) throws IOException {
        try {
            bus.delete(name, timeout);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ENODEV) {
                throw e;
            }
        }
    }

    /** Destroys the device; nobody may have it open. */
    void destroy() throws IOException {
        long deadline = System.nanoTime() + LET_GO.toNanos();
        while (true) {
            try {
                control.destroy(name);
                return;
            } catch (LinuxException e) {
                if (e.errno() != Errno.EBUSY || System.nanoTime() - deadline >= 0) {
                    throw e;
                }
            }
            try {
                Thread.sleep(LET_GO_STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LinuxException("destroy", name, Errno.EINTR);
            }
        }
    }

    @Override
    public void close() {
        control.close();
    }
}
