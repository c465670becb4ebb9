package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** {@code struct vduse_dev_config} without the configuration space, as CREATE_DEV reads it (kernel-behaviour 2.2). */
record DevConfig(
        String name,
        int vendorId,
        int deviceId,
        long features,
        int vqNum,
        int vqAlign,
        int groups,
        int addressSpaces,
        int configSize) {

    /** {@code VIRTIO_ID_NET} of virtio_ids.h. */
    static final int NET = 1;

    /** {@code VIRTIO_ID_BLOCK}. */
    static final int BLOCK = 2;

    /** {@code VRING_USED_ALIGN_SIZE}. */
    private static final int USED_ALIGNMENT = 4;

    /** {@code VIRTIO_ID_FS}. */
    static final int FS = 26;

    /** {@code VIRTIO_NET_F_CTRL_VQ}: its driver waits for a daemon that may never answer (kernel-behaviour 10). */
    private static final long NET_CTRL_VQ = 1L << 17;

    /** Reads the name up to its zero byte; the last byte counts as one. */
    static String name(MemorySegment bytes) {
        int length = 0;
        while (length < VduseAbi.VDUSE_NAME_MAX - 1 && bytes.get(JAVA_BYTE, length) != 0) {
            length++;
        }
        return new String(bytes.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** Reads a header; {@link #isValid} says whether it may be used. */
    static DevConfig from(MemorySegment header, long apiVersion) {
        boolean grouped = apiVersion >= VduseApi1.VDUSE_API_VERSION_1;
        return new DevConfig(
                name(header),
                header.get(JAVA_INT_UNALIGNED, DevConfigLayout.VENDOR_ID),
                header.get(JAVA_INT_UNALIGNED, DevConfigLayout.DEVICE_ID),
                header.get(JAVA_LONG_UNALIGNED, DevConfigLayout.FEATURES),
                header.get(JAVA_INT_UNALIGNED, DevConfigLayout.VQ_NUM),
                header.get(JAVA_INT_UNALIGNED, DevConfigLayout.VQ_ALIGN),
                grouped ? header.get(JAVA_INT_UNALIGNED, VduseApi1.DEV_CONFIG_NGROUPS) : 1,
                grouped ? header.get(JAVA_INT_UNALIGNED, VduseApi1.DEV_CONFIG_NAS) : 1,
                header.get(JAVA_INT_UNALIGNED, DevConfigLayout.CONFIG_SIZE));
    }

    /** Whether the bytes that an API version does not use are zero. */
    static boolean isClean(MemorySegment header, long apiVersion) {
        int reserved =
                apiVersion >= VduseApi1.VDUSE_API_VERSION_1 ? VduseApi1.DEV_CONFIG_RESERVED : DevConfigLayout.RESERVED;
        return UserCopy.isZero(header, reserved, DevConfigLayout.CONFIG_SIZE);
    }

    /** Whether a kernel makes a device of it; to have 0 queues is the creator's affair. */
    boolean isValid(KernelProfile kernel) {
        long page = NativeMemory.pageSize();
        return isUpTo(VduseApi1.MAX_GROUPS, groups)
                && isUpTo(VduseApi1.MAX_GROUPS, addressSpaces)
                && isAlignment(vqAlign, page)
                && Integer.toUnsignedLong(configSize) <= page
                && Integer.toUnsignedLong(vqNum) <= VduseAbi.MAX_VQ_NUM
                && !name.isEmpty()
                && kernel.serves(deviceId)
                && areFeaturesValid();
    }

    /** Stable kernels of 2026 want what the used ring needs at least, and a power of two (docs/conformance.md). */
    private static boolean isAlignment(int bytes, long page) {
        return bytes >= USED_ALIGNMENT && bytes <= page && Integer.bitCount(bytes) == 1;
    }

    private static boolean isUpTo(int most, int count) {
        return count >= 1 && count <= most;
    }

    private boolean areFeaturesValid() {
        return has(VirtioFeatures.ACCESS_PLATFORM)
                && !(deviceId == BLOCK && has(BlkFeatures.CONFIG_WCE))
                && !(deviceId == NET && (has(NET_CTRL_VQ) || !has(VirtioFeatures.VERSION_1)));
    }

    private boolean has(long feature) {
        return (features & feature) != 0;
    }

    /** What the node is called: a name in sysfs has no slash (kernel-behaviour 2.2). */
    String nodeName() {
        return name.replace('/', '!');
    }
}
