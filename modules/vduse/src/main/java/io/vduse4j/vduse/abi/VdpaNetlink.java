package io.vduse4j.vduse.abi;

/** The generic netlink family of the vdpa bus: its name, version and commands, from {@code linux/vdpa.h}. */
public final class VdpaNetlink {
    private VdpaNetlink() {}

    /** Name of the family. */
    public static final String VDPA_GENL_NAME = "vdpa";

    /** Version of the family. */
    public static final int VDPA_GENL_VERSION = 1;

    /** The command of a reply about a management device. */
    public static final int VDPA_CMD_MGMTDEV_NEW = 1;

    /** Asks for management devices; anybody may. */
    public static final int VDPA_CMD_MGMTDEV_GET = 2;

    /** Attaches a device; needs CAP_NET_ADMIN. Also the command of a reply about a device. */
    public static final int VDPA_CMD_DEV_NEW = 3;

    /** Detaches a device; needs CAP_NET_ADMIN. */
    public static final int VDPA_CMD_DEV_DEL = 4;

    /** Asks for devices; anybody may. */
    public static final int VDPA_CMD_DEV_GET = 5;

    /** Asks for the configuration of devices; anybody may. */
    public static final int VDPA_CMD_DEV_CONFIG_GET = 6;
}
