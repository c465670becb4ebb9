package io.vduse4j.vduse.abi;

/** {@code struct vduse_vq_config}, the argument of {@link VduseIoctl#VDUSE_VQ_SETUP}. */
public final class VqConfigLayout {
    private VqConfigLayout() {}

    /** u32: the virtqueue. */
    public static final int INDEX = 0;

    /** u16: largest number of descriptors. */
    public static final int MAX_SIZE = 4;

    /** u16[13]: zero. */
    public static final int RESERVED = 6;

    /** Bytes of the structure. */
    public static final int SIZE = 32;
}
