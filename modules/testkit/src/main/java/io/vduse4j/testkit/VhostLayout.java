package io.vduse4j.testkit;

/**
 * Numbers and layouts of {@code linux/vhost.h} and {@code linux/vhost_types.h} that a client of vhost-vdpa needs. Offsets
 * and sizes in bytes.
 */
public final class VhostLayout {

    /** Reads the device's features, u64. */
    public static final int GET_FEATURES = 0x8008af00;

    /** Accepts features, u64. */
    public static final int SET_FEATURES = 0x4008af00;

    /** Makes the caller the owner: its address space is the one that is mapped. */
    public static final int SET_OWNER = 0x0000af01;

    /** Sets the size of a queue, vring_state. */
    public static final int SET_VRING_NUM = 0x4008af10;

    /** Sets the addresses of a queue, vring_addr. */
    public static final int SET_VRING_ADDR = 0x4028af11;

    /** Sets the index of the first chain, vring_state. */
    public static final int SET_VRING_BASE = 0x4008af12;

    /** Asks for the index of the next chain, vring_state. */
    public static final int GET_VRING_BASE = 0xc008af12;

    /** Gives the eventfd for kicks, vring_file. */
    public static final int SET_VRING_KICK = 0x4008af20;

    /** Gives the eventfd for interrupts, vring_file. */
    public static final int SET_VRING_CALL = 0x4008af21;

    /** Gives the eventfd for errors, vring_file. */
    public static final int SET_VRING_ERR = 0x4008af22;

    /** Accepts features of the vhost back end, u64. */
    public static final int SET_BACKEND_FEATURES = 0x4008af25;

    /** Reads features of the vhost back end, u64. */
    public static final int GET_BACKEND_FEATURES = 0x8008af26;

    /** Reads the virtio device id, u32. */
    public static final int VDPA_GET_DEVICE_ID = 0x8004af70;

    /** Reads the device status, u8. */
    public static final int VDPA_GET_STATUS = 0x8001af71;

    /** Sets the device status, u8. */
    public static final int VDPA_SET_STATUS = 0x4001af72;

    /** Reads configuration space, vdpa_config. */
    public static final int VDPA_GET_CONFIG = 0x8008af73;

    /** Writes configuration space, vdpa_config; VDUSE drops it. */
    public static final int VDPA_SET_CONFIG = 0x4008af74;

    /** Enables a queue, vring_state. */
    public static final int VDPA_SET_VRING_ENABLE = 0x4008af75;

    /** Reads the most entries of any queue, u16. */
    public static final int VDPA_GET_VRING_NUM = 0x8002af76;

    /** Gives the eventfd for changes of the configuration, s32. */
    public static final int VDPA_SET_CONFIG_CALL = 0x4004af77;

    /** Reads which addresses can be mapped, iova_range. */
    public static final int VDPA_GET_IOVA_RANGE = 0x8010af78;

    /** Reads the size of the configuration space, u32; Linux 5.17. */
    public static final int VDPA_GET_CONFIG_SIZE = 0x8004af79;

    /** Reads the number of address spaces, u32; Linux 5.19. */
    public static final int VDPA_GET_AS_NUM = 0x8004af7a;

    /** Reads the group of a queue, vring_state; Linux 5.19. */
    public static final int VDPA_GET_VRING_GROUP = 0xc008af7b;

    /** Sets the address space of a group, vring_state; Linux 5.19. */
    public static final int VDPA_SET_GROUP_ASID = 0x4008af7c;

    /** Has the device stop and keep its state; Linux 6.1. */
    public static final int VDPA_SUSPEND = 0x0000af7d;

    /** Has a suspended device go on; Linux 6.3. */
    public static final int VDPA_RESUME = 0x0000af7e;

    /** Reads the number of queues, u32; Linux 5.18. */
    public static final int VDPA_GET_VQS_COUNT = 0x8004af80;

    /** Reads the number of groups of queues, u32; Linux 5.19. */
    public static final int VDPA_GET_GROUP_NUM = 0x8004af81;

    /** Back-end feature: messages have the second form. */
    public static final long BACKEND_F_IOTLB_MSG_V2 = 1L << 1;

    /** Back-end feature: messages can be put into batches. */
    public static final long BACKEND_F_IOTLB_BATCH = 1L << 2;

    /** Back-end feature: messages name an address space. */
    public static final long BACKEND_F_IOTLB_ASID = 1L << 3;

    /** Back-end feature: the device can be suspended. */
    public static final long BACKEND_F_SUSPEND = 1L << 4;

    /** Bytes of {@code struct vhost_vring_state}. */
    static final int VRING_STATE_SIZE = 8;

    static final int VRING_STATE_INDEX = 0;
    static final int VRING_STATE_NUM = 4;

    /** Bytes of {@code struct vhost_vring_file}. */
    static final int VRING_FILE_SIZE = 8;

    static final int VRING_FILE_INDEX = 0;
    static final int VRING_FILE_FD = 4;

    /** Bytes of {@code struct vhost_vring_addr}. */
    static final int VRING_ADDR_SIZE = 40;

    static final int VRING_ADDR_INDEX = 0;
    static final int VRING_ADDR_DESC = 8;
    static final int VRING_ADDR_USED = 16;
    static final int VRING_ADDR_AVAIL = 24;

    /** Bytes of {@code struct vhost_vdpa_config} before its data. */
    static final int CONFIG_SIZE = 8;

    static final int CONFIG_OFFSET = 0;
    static final int CONFIG_LENGTH = 4;

    /** Bytes of {@code struct vhost_vdpa_iova_range}. */
    static final int IOVA_RANGE_SIZE = 16;

    static final int IOVA_RANGE_FIRST = 0;
    static final int IOVA_RANGE_LAST = 8;

    /** Bytes of {@code struct vhost_msg_v2}. */
    static final int MSG_SIZE = 72;

    /** {@code VHOST_IOTLB_MSG_V2}. */
    static final int MSG_V2 = 2;

    static final int MSG_TYPE = 0;
    static final int MSG_IOVA = 8;
    static final int MSG_BYTES = 16;
    static final int MSG_UADDR = 24;
    static final int MSG_PERM = 32;
    static final int MSG_KIND = 33;

    static final int IOTLB_UPDATE = 2;
    static final int IOTLB_INVALIDATE = 3;
    static final int IOTLB_BATCH_BEGIN = 5;
    static final int IOTLB_BATCH_END = 6;

    /** {@code VHOST_FILE_UNBIND}. */
    static final int FILE_UNBIND = -1;

    private VhostLayout() {}
}
