package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The vdpa bus: its devices, and the drivers that take them. One call at a time holds the bus, for as long as a driver's
 * probe or removal takes (kernel-behaviour 6.4); all others wait for it. Safe from several threads.
 */
public final class VdpaCore {
    private final ReentrantLock bus = new ReentrantLock();
    private final VdpaManagementDevice management;
    private final List<VdpaBusDriver> drivers;

    /** In the order in which they came. Changed and walked through with the bus held; a look at one needs no bus. */
    private final Map<String, BusDevice> devices = Collections.synchronizedMap(new LinkedHashMap<>());

    /**
     * Makes a bus without devices.
     *
     * @param management what puts devices on it
     * @param drivers the first takes every device without a driver override
     */
    public VdpaCore(VdpaManagementDevice management, List<VdpaBusDriver> drivers) {
        this.management = management;
        this.drivers = List.copyOf(drivers);
    }

    VdpaManagementDevice management() {
        return management;
    }

    /**
     * Puts a device on the bus and gives it to a driver, whose failure is not one of this call.
     *
     * @throws LinuxException EINVAL, EEXIST, ENOMEM, EMFILE
     */
    void add(String name) throws LinuxException {
        bus.lock();
        try {
            var device = new BusDevice(management.add(name));
            devices.put(name, device);
            device.attach(drivers);
        } finally {
            bus.unlock();
        }
    }

    /**
     * Takes a device from its driver and off the bus.
     *
     * @throws LinuxException ENODEV
     */
    void delete(String name) throws LinuxException {
        bus.lock();
        try {
            device("delete", name).release();
            devices.remove(name);
            management.remove(name);
        } finally {
            bus.unlock();
        }
    }

    /** What a function says of each device. */
    <T> List<T> all(Function<VdpaOps, T> function) {
        bus.lock();
        try {
            return devices.values().stream()
                    .map(device -> function.apply(device.ops()))
                    .toList();
        } finally {
            bus.unlock();
        }
    }

    /** What a function says of a device; empty if it is not on the bus. */
    <T> Optional<T> one(String name, Function<VdpaOps, T> function) {
        bus.lock();
        try {
            return Optional.ofNullable(devices.get(name)).map(device -> function.apply(device.ops()));
        } finally {
            bus.unlock();
        }
    }

    /**
     * Hands a device to a driver: driver override, unbind, bind.
     *
     * @param name name of the device
     * @param driver name of the driver
     * @throws LinuxException ENODEV if there is no such device or driver, and what the driver says
     */
    public void bind(String name, String driver) throws LinuxException {
        var call = "bind to " + driver;
        bus.lock();
        try {
            var device = device(call, name);
            if (device.isBoundTo(driver)) {
                return;
            }
            var taker = drivers.stream()
                    .filter(candidate -> candidate.name().equals(driver))
                    .findFirst()
                    .orElseThrow(() -> new LinuxException(call, name, Errno.ENODEV, "there is no such driver"));
            device.setOverride(driver);
            device.release();
            device.bind(taker);
        } finally {
            bus.unlock();
        }
    }

    /** Whether a device is on the bus. Never waits for the bus. */
    public boolean has(String name) {
        return devices.containsKey(name);
    }

    /** How a device is used; empty if nobody can use it. Never waits for the bus. */
    public Optional<VdpaConsumer> consumer(String name) {
        return Optional.ofNullable(devices.get(name)).flatMap(BusDevice::consumer);
    }

    private BusDevice device(String call, String name) throws LinuxException {
        var device = devices.get(name);
        if (device == null) {
            throw new LinuxException(call, name, Errno.ENODEV, "it is not on the vdpa bus: attach it first");
        }
        return device;
    }

    /** Takes all devices from their drivers and off the bus. */
    public void close() {
        bus.lock();
        try {
            devices.values().forEach(BusDevice::release);
            devices.keySet().forEach(management::remove);
            devices.clear();
        } finally {
            bus.unlock();
        }
    }
}
