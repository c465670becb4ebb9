package io.vduse4j.vduse;

import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.vduse.abi.VdpaAttribute;
import java.util.Optional;

/** Reads the answers of the netlink family {@code vdpa} (kernel-behaviour 6.2). */
final class VdpaReplies {
    private static final int DEVICE_ID_BLOCK = 2;

    private VdpaReplies() {}

    static VdpaManagementDevice managementDevice(NetlinkAttributes a) {
        return new VdpaManagementDevice(
                a.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_BUS_NAME),
                a.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME).orElse(""),
                a.u64(VdpaAttribute.VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES).orElse(0),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_MGMTDEV_MAX_VQS).orElse(0),
                a.u64(VdpaAttribute.VDPA_ATTR_DEV_SUPPORTED_FEATURES).orElse(0));
    }

    static VdpaDevice device(NetlinkAttributes a) {
        return new VdpaDevice(
                a.string(VdpaAttribute.VDPA_ATTR_DEV_NAME).orElse(""),
                a.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME).orElse(""),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_ID).orElse(0),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_VENDOR_ID).orElse(0),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQS).orElse(0),
                a.u16(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQ_SIZE).orElse(0),
                a.u16(VdpaAttribute.VDPA_ATTR_DEV_MIN_VQ_SIZE).orElse(0));
    }

    static VdpaConfig config(NetlinkAttributes a) {
        int deviceId = a.u32(VdpaAttribute.VDPA_ATTR_DEV_ID).orElse(0);
        return new VdpaConfig(
                a.string(VdpaAttribute.VDPA_ATTR_DEV_NAME).orElse(""),
                deviceId,
                a.u64(VdpaAttribute.VDPA_ATTR_DEV_NEGOTIATED_FEATURES),
                a.u64(VdpaAttribute.VDPA_ATTR_DEV_FEATURES),
                // Kernels that use the number of the capacity for something else do not answer for block devices.
                deviceId == DEVICE_ID_BLOCK ? Optional.of(block(a)) : Optional.empty());
    }

    private static VdpaBlockConfig block(NetlinkAttributes a) {
        return new VdpaBlockConfig(
                a.u64(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_CAPACITY),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE),
                a.u32(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_SEG_MAX),
                a.u16(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES),
                a.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_READ_ONLY),
                a.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_FLUSH));
    }
}
