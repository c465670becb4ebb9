package io.vduse4j.vduse.abi;

/** {@code struct vduse_dev_response}, the reply to a message. */
public final class DevResponseLayout {
    private DevResponseLayout() {}

    /** u32: the number of the request. */
    public static final int REQUEST_ID = 0;

    /** u32: {@code VDUSE_REQ_RESULT_*}; whatever is not 0 is a failure. */
    public static final int RESULT = 4;

    /** u32[4]: zero, otherwise the kernel refuses the reply. */
    public static final int RESERVED = 8;

    /** u32 of {@link VduseAbi#VDUSE_GET_VQ_STATE}: the virtqueue. */
    public static final int VQ_INDEX = 24;

    /** u16 of {@link VduseAbi#VDUSE_GET_VQ_STATE}, split ring: the available index. */
    public static final int SPLIT_AVAIL_INDEX = 28;

    /** u16, packed ring: the driver's wrap counter. */
    public static final int PACKED_LAST_AVAIL_COUNTER = 28;

    /** u16, packed ring: the device's available index. */
    public static final int PACKED_LAST_AVAIL_IDX = 30;

    /** u16, packed ring: the device's wrap counter. */
    public static final int PACKED_LAST_USED_COUNTER = 32;

    /** u16, packed ring: the used index. */
    public static final int PACKED_LAST_USED_IDX = 34;

    /** Bytes of the structure. */
    public static final int SIZE = 152;
}
