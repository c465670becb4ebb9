package io.vduse4j.vduse.abi;

/**
 * What API version 1 (kernel 7.0) and the features behind it (7.3) add to {@code linux/vduse.h}: numbers, and fields where
 * version 0 has reserved bytes. Read from source (kernel-behaviour 1), not confirmed on such a kernel: the headers that
 * the other layouts are compared with do not have it yet.
 */
public final class VduseApi1 {
    private VduseApi1() {}

    /** The API version. */
    public static final long VDUSE_API_VERSION_1 = 1;

    /** Mask of feature bit 0: the driver's enabling of a virtqueue is a message. */
    public static final long VDUSE_F_QUEUE_READY = 1L << 0;

    /** Mask of feature bit 1: the device can be suspended. */
    public static final long VDUSE_F_SUSPEND = 1L << 1;

    /** Most groups of virtqueues, and most address spaces, of a device. */
    public static final int MAX_GROUPS = 0xffff;

    /** Control node; out: u64, the features that the kernel knows. */
    public static final int VDUSE_GET_FEATURES = 0x8008_8104;

    /** Control node; in: u64, the features of devices that are created through this node. */
    public static final int VDUSE_SET_FEATURES = 0x4008_8105;

    /** Device node; in and out: an IOTLB entry of version 2, {@value #IOTLB_ENTRY_SIZE} bytes; answers a descriptor. */
    public static final int VDUSE_IOTLB_GET_FD2 = 0xc050_811b;

    /** As {@link #VDUSE_IOTLB_GET_FD2}, of the first kernels: the same fields, more behind them. */
    public static final int VDUSE_IOTLB_GET_FD2_7_0 = 0xc058_811b;

    /** Request type: a group of virtqueues gets another address space. */
    public static final int VDUSE_SET_VQ_GROUP_ASID = 3;

    /** Request type, with {@link #VDUSE_F_QUEUE_READY}: a virtqueue is enabled or disabled. */
    public static final int VDUSE_SET_VQ_READY = 4;

    /** Request type, with {@link #VDUSE_F_SUSPEND}: the device stops and keeps its state. */
    public static final int VDUSE_SUSPEND = 5;

    /** u32 of {@link DevConfigLayout}: groups of virtqueues, 1 to {@link #MAX_GROUPS}. */
    public static final int DEV_CONFIG_NGROUPS = 280;

    /** u32 of {@link DevConfigLayout}: address spaces, 1 to {@link #MAX_GROUPS}. */
    public static final int DEV_CONFIG_NAS = 284;

    /** u32[11] of {@link DevConfigLayout}: zero. */
    public static final int DEV_CONFIG_RESERVED = 288;

    /** u32 of {@link VqConfigLayout}: the group of the virtqueue. */
    public static final int VQ_CONFIG_GROUP = 8;

    /** u32[5] of {@link VqConfigLayout}: zero. */
    public static final int VQ_CONFIG_RESERVED = 12;

    /** u32 of {@link IovaUmemLayout} and {@link IovaInfoLayout}: the address space. */
    public static final int IOVA_ASID = 24;

    /** u32[5] of {@link IovaUmemLayout} and {@link IovaInfoLayout}: zero. */
    public static final int IOVA_RESERVED = 28;

    /** u32 of an IOTLB entry of version 2, which begins as {@link IotlbEntryLayout}: the address space. */
    public static final int IOTLB_ENTRY_ASID = 32;

    /** u32[11] of an IOTLB entry of version 2: zero. */
    public static final int IOTLB_ENTRY_RESERVED = 36;

    /** Bytes of an IOTLB entry of version 2, in its present form (kernel-behaviour 1.3). */
    public static final int IOTLB_ENTRY_SIZE = 80;

    /** Bytes of an IOTLB entry of version 2, in the form of kernel 7.0 (kernel-behaviour 1.3). */
    public static final int IOTLB_ENTRY_SIZE_7_0 = 88;

    /** u32 of {@link DevRequestLayout}, {@link VduseAbi#VDUSE_UPDATE_IOTLB}: the address space. */
    public static final int REQUEST_IOVA_ASID = 40;

    /** u32 of {@link DevRequestLayout}, {@link #VDUSE_SET_VQ_GROUP_ASID}: the group. */
    public static final int REQUEST_GROUP = 24;

    /** u32 of {@link DevRequestLayout}, {@link #VDUSE_SET_VQ_GROUP_ASID}: the address space. */
    public static final int REQUEST_GROUP_ASID = 28;

    /** u32 of {@link DevRequestLayout}, {@link #VDUSE_SET_VQ_READY}: the virtqueue. */
    public static final int REQUEST_READY_VQ = 24;

    /** u32 of {@link DevRequestLayout}, {@link #VDUSE_SET_VQ_READY}: 1 to enable, 0 to disable. */
    public static final int REQUEST_READY = 28;
}
