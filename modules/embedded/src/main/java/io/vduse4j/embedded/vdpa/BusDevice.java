package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/** A device on the bus, and the driver that has it. Belongs to the lock of the {@link VdpaCore}. */
final class BusDevice {
    private static final Logger LOG = System.getLogger(BusDevice.class.getName());

    private final VdpaOps ops;
    private String override = "";
    private Optional<VdpaBusDriver> driver = Optional.empty();
    private volatile Optional<VdpaBusDriver.Binding> binding = Optional.empty();

    BusDevice(VdpaOps ops) {
        this.ops = ops;
    }

    VdpaOps ops() {
        return ops;
    }

    boolean isBoundTo(String name) {
        return driver.filter(bound -> bound.name().equals(name)).isPresent();
    }

    /** The one driver that may have it from now on. */
    void setOverride(String name) {
        override = name;
    }

    /** Gives it to the first driver that may have it; whoever fails leaves it without one (kernel-behaviour 6.1). */
    void attach(List<VdpaBusDriver> drivers) {
        var match = drivers.stream()
                .filter(candidate -> override.isEmpty() || override.equals(candidate.name()))
                .findFirst();
        if (match.isEmpty()) {
            return;
        }
        try {
            bind(match.get());
        } catch (LinuxException | RuntimeException failure) {
            LOG.log(Level.WARNING, ops.name() + ": " + match.get().name() + " does not take the device", failure);
        }
    }

    /**
     * Gives it to a driver.
     *
     * @throws LinuxException what the driver says, EINVAL for a device without queues
     */
    void bind(VdpaBusDriver taker) throws LinuxException {
        if (ops.vqNumMax() < 1) {
            throw new LinuxException("bind to " + taker.name(), ops.name(), Errno.EINVAL, "it has no queues");
        }
        binding = Optional.of(taker.probe(ops));
        driver = Optional.of(taker);
    }

    /** How it is used, if it is. Any thread, without the lock. */
    Optional<VdpaConsumer> consumer() {
        return binding.flatMap(VdpaBusDriver.Binding::consumer);
    }

    /** Takes it from its driver, if one has it. */
    void release() {
        if (driver.isEmpty()) {
            return;
        }
        var last = driver.get();
        var bound = binding.orElseThrow();
        driver = Optional.empty();
        binding = Optional.empty();
        try {
            bound.remove();
        } catch (RuntimeException failure) {
            LOG.log(Level.ERROR, ops.name() + ": " + last.name() + " has failed to let go", failure);
        }
    }
}
