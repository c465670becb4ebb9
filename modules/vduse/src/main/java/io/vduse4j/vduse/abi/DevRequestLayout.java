package io.vduse4j.vduse.abi;

/** {@code struct vduse_dev_request}, a message of the kernel. Whatever a type does not use is zero. */
public final class DevRequestLayout {
    private DevRequestLayout() {}

    /** u32: the request type. */
    public static final int TYPE = 0;

    /** u32: the number that the reply repeats. */
    public static final int REQUEST_ID = 4;

    /** u32[4]: zero. */
    public static final int RESERVED = 8;

    /** u32 of {@link VduseAbi#VDUSE_GET_VQ_STATE}: the virtqueue. */
    public static final int VQ_INDEX = 24;

    /** u8 of {@link VduseAbi#VDUSE_SET_STATUS}: the virtio device status. */
    public static final int STATUS = 24;

    /** u64 of {@link VduseAbi#VDUSE_UPDATE_IOTLB}: first IOVA. */
    public static final int IOVA_START = 24;

    /** u64 of {@link VduseAbi#VDUSE_UPDATE_IOTLB}: last IOVA. */
    public static final int IOVA_LAST = 32;

    /** Bytes of the structure. */
    public static final int SIZE = 152;
}
