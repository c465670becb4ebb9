package io.vduse4j.testkit;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.util.Optional;

/**
 * The steps by which a driver starts a device (virtio 1.3, 3.1.1), over vhost-vdpa. Each status is read back; one that is
 * not what was set is a {@link DeviceFaultException}. A call that the device's daemon answers lasts at most for its
 * {@code msg_timeout}.
 */
public final class VhostStart {

    /** Where a queue and its used ring may begin: bytes. */
    public static final int RING_ALIGNMENT = 4096;

    private static final int ALIVE = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;

    private final VhostVdpaDevice device;

    /** For an open device, which stays the caller's. */
    public VhostStart(VhostVdpaDevice device) {
        this.device = device;
    }

    /** Whether queues are packed. */
    public static boolean isPacked(long features) {
        return (features & VirtioFeatures.RING_PACKED) != 0;
    }

    /** The base of a queue in vhost: for a packed one the available place, and the used place above it. */
    public static int base(long features, VirtqueueState state) {
        return isPacked(features) ? state.avail() | state.used() << 16 : state.avail();
    }

    /** Memory of the rings of one queue, of either format: that of a split queue, which takes more. */
    public static long ringBytes(int size) {
        return (RingAddresses.bytes(size, RING_ALIGNMENT) + RING_ALIGNMENT - 1) & -RING_ALIGNMENT;
    }

    /**
     * Resets the device and accepts those features that it offers.
     *
     * @param configCall told of changes of the configuration
     * @return the features that hold now
     */
    public long negotiate(long accepted, Optional<EventFd> configCall) throws LinuxException {
        reset();
        device.setStatus(DeviceStatus.ACKNOWLEDGE);
        device.setStatus(ALIVE);
        long features = device.features() & accepted;
        device.setFeatures(features);
        device.setStatus(ALIVE | DeviceStatus.FEATURES_OK);
        expectStatus(ALIVE | DeviceStatus.FEATURES_OK);
        device.setConfigCall(configCall);
        return features;
    }

    /** Makes a queue ready. */
    public void setUp(int index, RingAddresses rings, int base, EventFdSignals signals) throws LinuxException {
        device.setQueueSize(index, rings.size());
        device.setQueueBase(index, base);
        device.setQueueAddresses(index, rings);
        device.setKick(index, Optional.of(signals.kickFd()));
        device.setCall(index, Optional.of(signals.callFd()));
        device.enableQueue(index, true);
    }

    /** The device runs. */
    public void run() throws LinuxException {
        int running = ALIVE | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;
        device.setStatus(running);
        expectStatus(running);
    }

    /** The device stops, and forgets its queues. */
    public void reset() throws LinuxException {
        device.setStatus(0);
        expectStatus(0);
    }

    private void expectStatus(int expected) throws LinuxException {
        int status = device.status();
        if (status != expected) {
            throw new DeviceFaultException(device + ": status 0x" + Integer.toHexString(status) + " instead of 0x"
                    + Integer.toHexString(expected));
        }
    }
}
