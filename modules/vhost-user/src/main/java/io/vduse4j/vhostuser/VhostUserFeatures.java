package io.vduse4j.vhostuser;

/** Feature bits of the protocol, as masks (vhost-user.rst, "Protocol features"; linux/vhost_types.h has none of them). */
public final class VhostUserFeatures {

    /**
     * VHOST_USER_F_PROTOCOL_FEATURES, bit 30 of the virtio features: protocol features can be asked for and set. No
     * device has it and no driver sees it.
     */
    public static final long PROTOCOL_FEATURES = 1L << 30;

    /** VHOST_USER_PROTOCOL_F_MQ, bit 0: the number of queues can be asked for. */
    public static final long MQ = 1L;

    /** VHOST_USER_PROTOCOL_F_REPLY_ACK, bit 3: a request without a reply of its own can ask whether it succeeded. */
    public static final long REPLY_ACK = 1L << 3;

    /** VHOST_USER_PROTOCOL_F_BACKEND_REQ, bit 5: the back end gets a socket for requests of its own. */
    public static final long BACKEND_REQ = 1L << 5;

    /** VHOST_USER_PROTOCOL_F_CONFIG, bit 9: the configuration space is read, written and told of by messages. */
    public static final long CONFIG = 1L << 9;

    /** VHOST_USER_PROTOCOL_F_BACKEND_SEND_FD, bit 10: requests of the back end may carry descriptors. */
    public static final long BACKEND_SEND_FD = 1L << 10;

    /** VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD, bit 12: the front end keeps the log of what is in flight. */
    public static final long INFLIGHT_SHMFD = 1L << 12;

    /** VHOST_USER_PROTOCOL_F_RESET_DEVICE, bit 13: the device can be reset by a message. */
    public static final long RESET_DEVICE = 1L << 13;

    /** VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS, bit 15: regions of memory are added and removed one by one. */
    public static final long CONFIGURE_MEM_SLOTS = 1L << 15;

    /** VHOST_USER_PROTOCOL_F_STATUS, bit 16: the device status of virtio is told. */
    public static final long STATUS = 1L << 16;

    /** What this back end offers. */
    public static final long OFFERED = MQ
            | REPLY_ACK
            | BACKEND_REQ
            | CONFIG
            | BACKEND_SEND_FD
            | INFLIGHT_SHMFD
            | RESET_DEVICE
            | CONFIGURE_MEM_SLOTS
            | STATUS;

    private VhostUserFeatures() {}
}
