package io.vduse4j.virtio;

/** Bits of the device status field (virtio 1.3, 2.1). */
public final class DeviceStatus {

    /** The driver has found the device. */
    public static final int ACKNOWLEDGE = 1;

    /** The driver knows how to drive it. */
    public static final int DRIVER = 2;

    /** The driver is set up: the device may use the queues. */
    public static final int DRIVER_OK = 4;

    /** Both sides agree on the features. */
    public static final int FEATURES_OK = 8;

    /** The device has met an error from which only a reset helps. */
    public static final int NEEDS_RESET = 0x40;

    /** The driver has given up. */
    public static final int FAILED = 0x80;

    private DeviceStatus() {}
}
