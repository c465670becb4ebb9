package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.host.NodeName;

/**
 * What a VDUSE device is created from.
 *
 * @param name name on the vdpa bus and of the node, as {@link NodeName} allows it
 * @param vendorId virtio vendor, any number
 * @param deviceId virtio device type: 2 for a block device
 * @param features virtio features offered, one bit each
 * @param vqNum number of virtqueues, 1 to 65535
 * @param vqAlign bytes to which the parts of a split ring are aligned: a power of two from 4 to 4096
 * @param config the whole configuration space, at most 4096 bytes
 */
// The configuration space is bytes to the kernel and to the driver; it is copied on the way in and out.
@SuppressWarnings("ArrayRecordComponent")
public record DeviceSpec(
        String name, int vendorId, int deviceId, long features, int vqNum, int vqAlign, byte[] config) {
    private static final int DEVICE_ID_BLOCK = 2;
    private static final long F_CONFIG_WCE = 1L << 11;
    private static final long F_ACCESS_PLATFORM = 1L << 33;

    /** Largest alignment and configuration space in bytes: the smallest page of any kernel, so every kernel accepts it. */
    public static final int PAGE_SIZE = 4096;

    /** The used ring of a split queue is aligned to 4 (virtio 2.7); a smaller alignment makes its parts overlap. */
    private static final int MIN_ALIGN = 4;

    /** Copies the configuration space. */
    public DeviceSpec {
        config = config.clone();
    }

    /** Returns a copy of the configuration space. */
    @Override
    public byte[] config() {
        return config.clone();
    }

    /**
     * Says what the kernel would refuse with a bare EINVAL, and what it would accept but no driver could use.
     *
     * @throws LinuxException EINVAL with the reason
     */
    void check() throws LinuxException {
        var call = VduseControl.CREATE;
        NodeName.check(call, name);
        require(!name.equals(NodeName.CONTROL), "the name is taken by /dev/vduse/control");
        require((features & F_ACCESS_PLATFORM) != 0, "the features lack VIRTIO_F_ACCESS_PLATFORM (bit 33)");
        require(
                deviceId != DEVICE_ID_BLOCK || (features & F_CONFIG_WCE) == 0,
                "a block device may not offer VIRTIO_BLK_F_CONFIG_WCE (bit 11)");
        require(
                vqNum >= 1 && vqNum <= VduseAbi.MAX_VQ_NUM,
                "the number of virtqueues is " + vqNum + ", not 1 to " + VduseAbi.MAX_VQ_NUM);
        require(
                vqAlign >= MIN_ALIGN && vqAlign <= PAGE_SIZE && Integer.bitCount(vqAlign) == 1,
                "the alignment of virtqueues is " + vqAlign + ", not a power of two from 4 to " + PAGE_SIZE);
        require(
                config.length <= PAGE_SIZE,
                "the configuration space has " + config.length + " bytes, more than " + PAGE_SIZE);
    }

    private void require(boolean holds, String otherwise) throws LinuxException {
        if (!holds) {
            throw new LinuxException(VduseControl.CREATE, name, Errno.EINVAL, otherwise);
        }
    }
}
