package io.vduse4j.embedded.vhost;

/**
 * Numbers and layouts of {@code linux/vhost.h} and {@code linux/vhost_types.h} (kernel-behaviour 8.2, 8.3). Offsets and
 * sizes in bytes.
 */
final class VhostAbi {

    static final int GET_FEATURES = 0x8008af00;
    static final int SET_FEATURES = 0x4008af00;
    static final int SET_OWNER = 0x0000af01;
    static final int SET_LOG_BASE = 0x4008af04;
    static final int SET_LOG_FD = 0x4004af07;
    static final int SET_VRING_NUM = 0x4008af10;
    static final int SET_VRING_ADDR = 0x4028af11;
    static final int SET_VRING_BASE = 0x4008af12;
    static final int GET_VRING_BASE = 0xc008af12;
    static final int SET_VRING_KICK = 0x4008af20;
    static final int SET_VRING_CALL = 0x4008af21;
    static final int SET_VRING_ERR = 0x4008af22;
    static final int SET_BACKEND_FEATURES = 0x4008af25;
    static final int GET_BACKEND_FEATURES = 0x8008af26;
    static final int GET_DEVICE_ID = 0x8004af70;
    static final int GET_STATUS = 0x8001af71;
    static final int SET_STATUS = 0x4001af72;
    static final int GET_CONFIG = 0x8008af73;
    static final int SET_CONFIG = 0x4008af74;
    static final int SET_VRING_ENABLE = 0x4008af75;
    static final int GET_VRING_NUM = 0x8002af76;
    static final int SET_CONFIG_CALL = 0x4004af77;
    static final int GET_IOVA_RANGE = 0x8010af78;
    static final int GET_CONFIG_SIZE = 0x8004af79;
    static final int GET_AS_NUM = 0x8004af7a;
    static final int GET_VRING_GROUP = 0xc008af7b;
    static final int SET_GROUP_ASID = 0x4008af7c;
    static final int SUSPEND = 0x0000af7d;
    static final int RESUME = 0x0000af7e;
    static final int GET_VRING_DESC_GROUP = 0xc008af7f;
    static final int GET_VQS_COUNT = 0x8004af80;
    static final int GET_GROUP_NUM = 0x8004af81;
    static final int GET_VRING_SIZE = 0xc008af82;

    /** {@code VHOST_BACKEND_F_IOTLB_MSG_V2}, {@code _BATCH}, {@code _ASID}: what every device offers. */
    static final long BACKEND_FEATURES = 1L << 1 | 1L << 2 | 1L << 3;

    static final long BACKEND_F_IOTLB_ASID = 1L << 3;
    static final long BACKEND_F_SUSPEND = 1L << 4;
    static final long BACKEND_F_ENABLE_AFTER_DRIVER_OK = 1L << 6;
    static final long BACKEND_F_DESC_ASID = 1L << 7;

    /** What may be accepted, or is looked at, though it is not offered. */
    static final long SILENT_BACKEND_FEATURES = BACKEND_F_ENABLE_AFTER_DRIVER_OK | BACKEND_F_DESC_ASID;

    /** {@code struct vhost_vring_state} and {@code vhost_vring_file}: index 0:4, number or descriptor 4:4. */
    static final int VRING_STATE_SIZE = 8;

    static final int VRING_STATE_NUM = 4;

    /** {@code struct vhost_vring_addr}: index 0:4, flags 4:4, desc 8:8, used 16:8, avail 24:8, log 32:8. */
    static final int VRING_ADDR_SIZE = 40;

    static final int VRING_ADDR_FLAGS = 4;
    static final int VRING_ADDR_DESC = 8;
    static final int VRING_ADDR_USED = 16;
    static final int VRING_ADDR_AVAIL = 24;

    /** {@code VHOST_VRING_F_LOG}. */
    static final int VRING_F_LOG = 1;

    /** {@code struct vhost_vdpa_config}: offset 0:4, length 4:4, then the bytes. */
    static final int CONFIG_HEADER = 8;

    static final int CONFIG_LENGTH = 4;

    /** {@code VHOST_FILE_UNBIND}: no descriptor. */
    static final int FILE_UNBIND = -1;

    /** {@code struct vhost_msg_v2}, and {@code vhost_msg} has the same size: type 0:4, asid 4:4, iotlb 8:32, padded. */
    static final int MSG_SIZE = 72;

    /** What must be there of it. */
    static final int MSG_USED = 40;

    static final int MSG_V1 = 1;
    static final int MSG_V2 = 2;
    static final int MSG_ASID = 4;
    static final int MSG_IOVA = 8;
    static final int MSG_BYTES = 16;
    static final int MSG_UADDR = 24;
    static final int MSG_PERM = 32;
    static final int MSG_KIND = 33;

    static final int IOTLB_UPDATE = 2;
    static final int IOTLB_INVALIDATE = 3;
    static final int IOTLB_BATCH_BEGIN = 5;
    static final int IOTLB_BATCH_END = 6;

    private VhostAbi() {}
}
