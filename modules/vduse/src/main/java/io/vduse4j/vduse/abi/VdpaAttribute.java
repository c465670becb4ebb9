package io.vduse4j.vduse.abi;

/** The attribute types of {@code linux/vdpa.h} that this framework sends or reads. */
public final class VdpaAttribute {
    private VdpaAttribute() {}

    /** string: bus of a management device. */
    public static final int VDPA_ATTR_MGMTDEV_BUS_NAME = 1;

    /** string: name of a management device. */
    public static final int VDPA_ATTR_MGMTDEV_DEV_NAME = 2;

    /** u64: one bit for each virtio device type. */
    public static final int VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES = 3;

    /** string: name of a device. */
    public static final int VDPA_ATTR_DEV_NAME = 4;

    /** u32: virtio device type. */
    public static final int VDPA_ATTR_DEV_ID = 5;

    /** u32: virtio vendor. */
    public static final int VDPA_ATTR_DEV_VENDOR_ID = 6;

    /** u32: number of virtqueues. */
    public static final int VDPA_ATTR_DEV_MAX_VQS = 7;

    /** u16: largest number of descriptors of a virtqueue. */
    public static final int VDPA_ATTR_DEV_MAX_VQ_SIZE = 8;

    /** u16: smallest number of descriptors of a virtqueue. */
    public static final int VDPA_ATTR_DEV_MIN_VQ_SIZE = 9;

    /** u64: features that the driver accepted. */
    public static final int VDPA_ATTR_DEV_NEGOTIATED_FEATURES = 14;

    /** u32: largest number of virtqueues that a management device can give. */
    public static final int VDPA_ATTR_DEV_MGMTDEV_MAX_VQS = 15;

    /** u64: features that a management device can give. */
    public static final int VDPA_ATTR_DEV_SUPPORTED_FEATURES = 16;

    /** u64: features that a device offers. */
    public static final int VDPA_ATTR_DEV_FEATURES = 20;

    /** u64: capacity of a block device in sectors of 512 bytes. Kernels 6.0 and 6.1 used the number otherwise. */
    public static final int VDPA_ATTR_DEV_BLK_CFG_CAPACITY = 21;

    /** u32: block size of a block device in bytes. */
    public static final int VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE = 23;

    /** u32: most segments of a request of a block device. */
    public static final int VDPA_ATTR_DEV_BLK_CFG_SEG_MAX = 24;

    /** u16: request queues of a block device. */
    public static final int VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES = 25;

    /** u8: whether a block device is read-only. */
    public static final int VDPA_ATTR_DEV_BLK_READ_ONLY = 35;

    /** u8: whether a block device takes flushes. */
    public static final int VDPA_ATTR_DEV_BLK_FLUSH = 36;
}
