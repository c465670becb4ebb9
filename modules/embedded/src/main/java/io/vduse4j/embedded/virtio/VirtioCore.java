package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;

/**
 * What the virtio bus does with any device: its status and its features, in the order of Linux (kernel-behaviour 7.1).
 * One thread, that of the vdpa bus.
 */
final class VirtioCore {

    /** Kept whatever the driver: bits 28 to 41 that the transport and the rings understand; 36 is ORDER_PLATFORM. */
    private static final long TRANSPORT = VirtioFeatures.RING_INDIRECT_DESC
            | VirtioFeatures.RING_EVENT_IDX
            | VirtioFeatures.VERSION_1
            | VirtioFeatures.ACCESS_PLATFORM
            | VirtioFeatures.RING_PACKED
            | 1L << 36;

    private final VdpaOps ops;

    VirtioCore(VdpaOps ops) {
        this.ops = ops;
    }

    /** Steps 1 and 2. A daemon that refuses is not listened to, as on Linux. */
    void register() {
        ops.reset();
        addStatus(DeviceStatus.ACKNOWLEDGE);
    }

    /**
     * Steps 3 to 5.
     *
     * @param table the features of the driver for a device type
     * @return the features that were negotiated
     * @throws LinuxException ENODEV if the daemon refuses them
     */
    long negotiate(long table) throws LinuxException {
        addStatus(DeviceStatus.DRIVER);
        long features = ops.deviceFeatures() & (table | TRANSPORT);
        ops.setDriverFeatures(features);
        if ((features & VirtioFeatures.VERSION_1) != 0) {
            addStatus(DeviceStatus.FEATURES_OK);
            if (!has(DeviceStatus.FEATURES_OK)) {
                throw new LinuxException(
                        "probe virtio-blk",
                        ops.name(),
                        Errno.ENODEV,
                        "the daemon refuses the features 0x" + Long.toHexString(features));
            }
        }
        return features;
    }

    /** Step 9. @return whether the daemon has accepted */
    boolean ready() {
        addStatus(DeviceStatus.DRIVER_OK);
        return has(DeviceStatus.DRIVER_OK);
    }

    /** Step F. */
    void fail() {
        addStatus(DeviceStatus.FAILED);
    }

    /** The last step of a removal: the device is there, and nobody drives it. */
    void acknowledge() {
        addStatus(DeviceStatus.ACKNOWLEDGE);
    }

    private void addStatus(int bit) {
        ops.setStatus(ops.status() | bit);
    }

    private boolean has(int bit) {
        return (ops.status() & bit) != 0;
    }
}
