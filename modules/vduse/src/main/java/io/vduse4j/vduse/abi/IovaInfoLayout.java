package io.vduse4j.vduse.abi;

/** {@code struct vduse_iova_info}, the argument of {@link VduseIoctl#VDUSE_IOTLB_GET_INFO}. */
public final class IovaInfoLayout {
    private IovaInfoLayout() {}

    /** u64, in and out: first IOVA. */
    public static final int START = 0;

    /** u64, in and out: last IOVA. */
    public static final int LAST = 8;

    /** u64, out: {@link VduseAbi#VDUSE_IOVA_CAP_UMEM} or 0. */
    public static final int CAPABILITY = 16;

    /** u64[3]: zero. */
    public static final int RESERVED = 24;

    /** Bytes of the structure. */
    public static final int SIZE = 48;
}
