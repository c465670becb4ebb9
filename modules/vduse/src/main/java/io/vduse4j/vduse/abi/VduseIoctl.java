package io.vduse4j.vduse.abi;

/**
 * The ioctl numbers of {@code linux/vduse.h}, in the generic encoding {@code direction << 30 | size << 16 | type << 8 |
 * nr}, which x86-64 and aarch64 share. They are compile-time constants.
 */
public final class VduseIoctl {
    private VduseIoctl() {}

    private static final int NONE = VduseAbi.VDUSE_BASE << 8;
    private static final int WRITE = 1 << 30 | NONE;
    private static final int READ = 2 << 30 | NONE;
    private static final int READ_WRITE = READ | WRITE;
    private static final int U32 = Integer.BYTES << 16;
    private static final int U64 = Long.BYTES << 16;

    /** Control node; out: u64, the API version. From kernel 7.0 the first call raises the version of its descriptor. */
    public static final int VDUSE_GET_API_VERSION = READ | U64;

    /** Control node; in: u64, the API version of the caller. */
    public static final int VDUSE_SET_API_VERSION = WRITE | U64 | 0x01;

    /** Control node; in: {@link DevConfigLayout} and the configuration bytes behind it. */
    public static final int VDUSE_CREATE_DEV = WRITE | DevConfigLayout.SIZE << 16 | 0x02;

    /** Control node; in: the name, {@value VduseAbi#VDUSE_NAME_MAX} bytes whatever its length. */
    public static final int VDUSE_DESTROY_DEV = WRITE | VduseAbi.VDUSE_NAME_MAX << 16 | 0x03;

    /** Device node; in and out: {@link IotlbEntryLayout}; answers a new descriptor. */
    public static final int VDUSE_IOTLB_GET_FD = READ_WRITE | IotlbEntryLayout.SIZE << 16 | 0x10;

    /** Device node; out: u64, the features that the driver has accepted. */
    public static final int VDUSE_DEV_GET_FEATURES = READ | U64 | 0x11;

    /** Device node; in: {@link ConfigDataLayout} and the bytes behind it. */
    public static final int VDUSE_DEV_SET_CONFIG = WRITE | ConfigDataLayout.SIZE << 16 | 0x12;

    /** Device node; no argument. */
    public static final int VDUSE_DEV_INJECT_CONFIG_IRQ = NONE | 0x13;

    /** Device node; in: {@link VqConfigLayout}. */
    public static final int VDUSE_VQ_SETUP = WRITE | VqConfigLayout.SIZE << 16 | 0x14;

    /** Device node; in and out: {@link VqInfoLayout}. */
    public static final int VDUSE_VQ_GET_INFO = READ_WRITE | VqInfoLayout.SIZE << 16 | 0x15;

    /** Device node; in: {@link VqEventfdLayout}. */
    public static final int VDUSE_VQ_SETUP_KICKFD = WRITE | VqEventfdLayout.SIZE << 16 | 0x16;

    /** Device node; in: a pointer to a u32, the index of the virtqueue. */
    public static final int VDUSE_VQ_INJECT_IRQ = WRITE | U32 | 0x17;

    /** Device node, from kernel 6.0; in: {@link IovaUmemLayout}. */
    public static final int VDUSE_IOTLB_REG_UMEM = WRITE | IovaUmemLayout.SIZE << 16 | 0x18;

    /** Device node, from kernel 6.0; in: {@link IovaUmemLayout}. */
    public static final int VDUSE_IOTLB_DEREG_UMEM = WRITE | IovaUmemLayout.SIZE << 16 | 0x19;

    /** Device node, from kernel 6.0; in and out: {@link IovaInfoLayout}. */
    public static final int VDUSE_IOTLB_GET_INFO = READ_WRITE | IovaInfoLayout.SIZE << 16 | 0x1a;
}
