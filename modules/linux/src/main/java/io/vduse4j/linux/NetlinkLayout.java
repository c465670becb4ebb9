package io.vduse4j.linux;

/** Netlink and generic netlink messages (linux/netlink.h, linux/genetlink.h); the same on x86-64 and aarch64. */
final class NetlinkLayout {
    private NetlinkLayout() {}

    static final int NETLINK_GENERIC = 16;
    static final int SOL_NETLINK = 270;
    static final int NETLINK_CAP_ACK = 10;
    static final int NETLINK_EXT_ACK = 11;

    /** {@code struct nlmsghdr}. */
    static final int NLMSGHDR_SIZE = 16;

    static final int NLMSG_LEN = 0;
    static final int NLMSG_TYPE = 4;
    static final int NLMSG_FLAGS = 6;
    static final int NLMSG_SEQ = 8;
    static final int NLMSG_PID = 12;

    static final int NLMSG_NOOP = 1;
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;

    static final int NLM_F_REQUEST = 1;
    static final int NLM_F_ACK = 4;
    static final int NLM_F_DUMP_INTR = 0x10;
    /** The error message does not repeat the request. */
    static final int NLM_F_CAPPED = 0x100;
    /** Attributes follow the error. */
    static final int NLM_F_ACK_TLVS = 0x200;

    static final int NLM_F_DUMP = 0x300;

    /** {@code struct nlmsgerr}: the error, then the header of the request. */
    static final int NLMSGERR_SIZE = 20;

    static final int NLMSGERR_MSG = 4;
    static final int NLMSGERR_ATTR_MSG = 1;

    /** {@code struct genlmsghdr}. */
    static final int GENLMSGHDR_SIZE = 4;

    static final int GENL_COMMAND = 0;
    static final int GENL_VERSION = 1;

    /** {@code struct nlattr}. */
    static final int NLATTR_SIZE = 4;

    static final int NLA_LEN = 0;
    static final int NLA_TYPE = 2;
    static final int NLA_F_NESTED = 0x8000;
    static final int NLA_TYPE_MASK = 0x3fff;

    /** The family that tells of the others. */
    static final int GENL_ID_CTRL = 16;

    static final int CTRL_CMD_GETFAMILY = 3;
    static final int CTRL_ATTR_FAMILY_ID = 1;
    static final int CTRL_ATTR_FAMILY_NAME = 2;

    /** Messages and attributes begin at multiples of 4. */
    static int align(int length) {
        return (length + 3) & -4;
    }
}
