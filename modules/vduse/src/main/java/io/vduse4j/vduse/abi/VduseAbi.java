package io.vduse4j.vduse.abi;

/** The constants of {@code linux/vduse.h} that are neither an ioctl number nor a layout. */
public final class VduseAbi {
    private VduseAbi() {}

    /** The type byte of every VDUSE ioctl. */
    public static final int VDUSE_BASE = 0x81;

    /** The API version that this framework speaks. */
    public static final long VDUSE_API_VERSION = 0;

    /** Bytes of a name, with its terminating NUL. */
    public static final int VDUSE_NAME_MAX = 256;

    /** {@code perm} of an IOTLB entry: the device may only read. */
    public static final int VDUSE_ACCESS_RO = 0x1;

    /** {@code perm} of an IOTLB entry: the device may only write. */
    public static final int VDUSE_ACCESS_WO = 0x2;

    /** {@code perm} of an IOTLB entry: the device may read and write. */
    public static final int VDUSE_ACCESS_RW = 0x3;

    /** {@code fd} of a kick set-up that takes the eventfd away. */
    public static final int VDUSE_EVENTFD_DEASSIGN = -1;

    /** {@code capability} bit of an IOVA region: user memory can be registered for it. */
    public static final long VDUSE_IOVA_CAP_UMEM = 1;

    /** Request type: the state of a virtqueue is asked for. */
    public static final int VDUSE_GET_VQ_STATE = 0;

    /** Request type: the driver sets the device status; status 0 is a reset. */
    public static final int VDUSE_SET_STATUS = 1;

    /** Request type: mappings of a range of IOVA have changed. */
    public static final int VDUSE_UPDATE_IOTLB = 2;

    /** {@code result} of a reply: done. */
    public static final int VDUSE_REQ_RESULT_OK = 0;

    /** {@code result} of a reply: refused. */
    public static final int VDUSE_REQ_RESULT_FAILED = 1;

    /** Largest number of virtqueues of a device (kernel-behaviour 2.2). */
    public static final int MAX_VQ_NUM = 0xffff;
}
