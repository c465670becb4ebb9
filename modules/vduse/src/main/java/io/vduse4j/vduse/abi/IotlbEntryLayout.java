package io.vduse4j.vduse.abi;

/** {@code struct vduse_iotlb_entry}, the argument of {@link VduseIoctl#VDUSE_IOTLB_GET_FD}. */
public final class IotlbEntryLayout {
    private IotlbEntryLayout() {}

    /** u64, out: where in the file of the descriptor the region begins. */
    public static final int OFFSET = 0;

    /** u64, in and out: first IOVA. */
    public static final int START = 8;

    /** u64, in and out: last IOVA. */
    public static final int LAST = 16;

    /** u8, out: {@code VDUSE_ACCESS_*}. */
    public static final int PERM = 24;

    /** Bytes of the structure. */
    public static final int SIZE = 32;
}
