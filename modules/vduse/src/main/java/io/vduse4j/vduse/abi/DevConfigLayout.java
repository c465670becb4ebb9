package io.vduse4j.vduse.abi;

/** {@code struct vduse_dev_config}, the argument of {@link VduseIoctl#VDUSE_CREATE_DEV}. */
public final class DevConfigLayout {
    private DevConfigLayout() {}

    /** char[256]: the name, with its NUL. */
    public static final int NAME = 0;

    /** u32: the virtio vendor. */
    public static final int VENDOR_ID = 256;

    /** u32: the virtio device type. */
    public static final int DEVICE_ID = 260;

    /** u64: the virtio features offered. */
    public static final int FEATURES = 264;

    /** u32: the number of virtqueues. */
    public static final int VQ_NUM = 272;

    /** u32: bytes to which the parts of a split ring are aligned. */
    public static final int VQ_ALIGN = 276;

    /** u32[13]: zero. */
    public static final int RESERVED = 280;

    /** u32: bytes of the configuration space. */
    public static final int CONFIG_SIZE = 332;

    /** u8[]: the configuration space. */
    public static final int CONFIG = 336;

    /** Bytes of the structure without the configuration space that follows it. */
    public static final int SIZE = 336;
}
