package io.vduse4j.embedded.vdpa;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/** The configuration of a block device as DEV_CONFIG_GET tells it: a field for each feature (kernel-behaviour 6.2). */
final class VdpaConfigReply {
    private static final int DEVICE_ID_BLOCK = 2;

    // linux/vdpa.h, kernel-behaviour 6.2
    private static final int BLK_SIZE_MAX = 22;
    private static final int BLK_PHY_BLK_EXP = 26;
    private static final int BLK_ALIGN_OFFSET = 27;
    private static final int BLK_MIN_IO_SIZE = 28;
    private static final int BLK_OPT_IO_SIZE = 29;
    private static final int BLK_MAX_DISCARD_SEC = 30;
    private static final int BLK_MAX_DISCARD_SEG = 31;
    private static final int BLK_DISCARD_SEC_ALIGN = 32;
    private static final int BLK_MAX_WRITE_ZEROES_SEC = 33;
    private static final int BLK_MAX_WRITE_ZEROES_SEG = 34;

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final NetlinkAttributes.Builder out = NetlinkAttributes.builder();
    private final MemorySegment config = MemorySegment.ofArray(new byte[BlkConfig.BYTES]);
    private final long features;

    private VdpaConfigReply(VdpaOps device) {
        features = device.deviceFeatures();
        device.config(0, config);
    }

    /** The answer for a device; empty for a type whose configuration is not told. */
    static Optional<NetlinkMessage> of(VdpaOps device) {
        if (device.deviceId() != DEVICE_ID_BLOCK) {
            return Optional.empty();
        }
        var reply = new VdpaConfigReply(device);
        reply.common(device);
        reply.block();
        return Optional.of(VdpaGenl.message(VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET, reply.out));
    }

    private void common(VdpaOps device) {
        out.string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device.name())
                .u32(VdpaAttribute.VDPA_ATTR_DEV_ID, device.deviceId());
        if ((device.status() & DeviceStatus.FEATURES_OK) != 0) {
            out.u64(VdpaAttribute.VDPA_ATTR_DEV_NEGOTIATED_FEATURES, device.driverFeatures());
        }
        out.u64(VdpaAttribute.VDPA_ATTR_DEV_FEATURES, features);
    }

    private void block() {
        out.u64(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_CAPACITY, config.get(LE64, BlkConfig.CAPACITY));
        u32(BlkFeatures.SIZE_MAX, BLK_SIZE_MAX, BlkConfig.SIZE_MAX);
        u32(BlkFeatures.BLK_SIZE, VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE, BlkConfig.BLK_SIZE);
        u32(BlkFeatures.SEG_MAX, VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_SEG_MAX, BlkConfig.SEG_MAX);
        u16(BlkFeatures.MQ, VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES, BlkConfig.NUM_QUEUES);
        u8(BlkFeatures.TOPOLOGY, BLK_PHY_BLK_EXP, BlkConfig.PHYSICAL_BLOCK_EXP);
        u8(BlkFeatures.TOPOLOGY, BLK_ALIGN_OFFSET, BlkConfig.ALIGNMENT_OFFSET);
        u16(BlkFeatures.TOPOLOGY, BLK_MIN_IO_SIZE, BlkConfig.MIN_IO_SIZE);
        u32(BlkFeatures.TOPOLOGY, BLK_OPT_IO_SIZE, BlkConfig.OPT_IO_SIZE);
        u32(BlkFeatures.DISCARD, BLK_MAX_DISCARD_SEC, BlkConfig.MAX_DISCARD_SECTORS);
        u32(BlkFeatures.DISCARD, BLK_MAX_DISCARD_SEG, BlkConfig.MAX_DISCARD_SEG);
        u32(BlkFeatures.DISCARD, BLK_DISCARD_SEC_ALIGN, BlkConfig.DISCARD_SECTOR_ALIGNMENT);
        u32(BlkFeatures.WRITE_ZEROES, BLK_MAX_WRITE_ZEROES_SEC, BlkConfig.MAX_WRITE_ZEROES_SECTORS);
        u32(BlkFeatures.WRITE_ZEROES, BLK_MAX_WRITE_ZEROES_SEG, BlkConfig.MAX_WRITE_ZEROES_SEG);
        out.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_READ_ONLY, has(BlkFeatures.RO) ? 1 : 0);
        out.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_FLUSH, has(BlkFeatures.FLUSH) ? 1 : 0);
    }

    private boolean has(long feature) {
        return (features & feature) != 0;
    }

    private void u8(long feature, int type, int offset) {
        if (has(feature)) {
            out.u8(type, config.get(JAVA_BYTE, offset));
        }
    }

    private void u16(long feature, int type, int offset) {
        if (has(feature)) {
            out.u16(type, config.get(LE16, offset));
        }
    }

    private void u32(long feature, int type, int offset) {
        if (has(feature)) {
            out.u32(type, config.get(LE32, offset));
        }
    }
}
