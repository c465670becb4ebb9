package io.vduse4j.vduse.abi;

/** {@code struct vduse_vq_eventfd}, the argument of {@link VduseIoctl#VDUSE_VQ_SETUP_KICKFD}. */
public final class VqEventfdLayout {
    private VqEventfdLayout() {}

    /** u32: the virtqueue. */
    public static final int INDEX = 0;

    /** int: the eventfd, or {@link VduseAbi#VDUSE_EVENTFD_DEASSIGN}. */
    public static final int FD = 4;

    /** Bytes of the structure. */
    public static final int SIZE = 8;
}
