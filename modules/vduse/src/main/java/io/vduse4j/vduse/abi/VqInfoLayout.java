package io.vduse4j.vduse.abi;

/** {@code struct vduse_vq_info}, the argument of {@link VduseIoctl#VDUSE_VQ_GET_INFO}. */
public final class VqInfoLayout {
    private VqInfoLayout() {}

    /** u32, in: the virtqueue. */
    public static final int INDEX = 0;

    /** u32, out: number of descriptors that the driver chose. */
    public static final int NUM = 4;

    /** u64, out: IOVA of the descriptor area. */
    public static final int DESC_ADDR = 8;

    /** u64, out: IOVA of the driver area. */
    public static final int DRIVER_ADDR = 16;

    /** u64, out: IOVA of the device area. */
    public static final int DEVICE_ADDR = 24;

    /** u16, out, split ring: the available index to begin with. */
    public static final int SPLIT_AVAIL_INDEX = 32;

    /** u16, out, packed ring: the driver's wrap counter. */
    public static final int PACKED_LAST_AVAIL_COUNTER = 32;

    /** u16, out, packed ring: the device's available index. */
    public static final int PACKED_LAST_AVAIL_IDX = 34;

    /** u16, out, packed ring: the device's wrap counter. */
    public static final int PACKED_LAST_USED_COUNTER = 36;

    /** u16, out, packed ring: the used index. */
    public static final int PACKED_LAST_USED_IDX = 38;

    /** u8, out: whether the driver has enabled the virtqueue. */
    public static final int READY = 40;

    /** Bytes of the structure. */
    public static final int SIZE = 48;
}
