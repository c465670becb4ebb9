package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.MemorySegment;

/**
 * The ioctls about queues, with the kernel's order of checks (kernel-behaviour 2.3).
 *
 * @param dev the device
 */
record QueueIoctls(VduseDev dev) {

    int setUp(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, VqConfigLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var in = UserCopy.from(argument, VqConfigLayout.SIZE);
        int index = in.get(JAVA_INT_UNALIGNED, VqConfigLayout.INDEX);
        int group = in.get(JAVA_INT_UNALIGNED, VduseApi1.VQ_CONFIG_GROUP);
        if (isNoQueue(index) || !mayJoin(group) || !isClean(in)) {
            return -Errno.EINVAL;
        }
        dev.vq(index).setUp(Short.toUnsignedInt(in.get(JAVA_SHORT_UNALIGNED, VqConfigLayout.MAX_SIZE)), group);
        return 0;
    }

    /** Without groups there is only the first, and a queue may be set up at any time. */
    private boolean mayJoin(int group) {
        return dev.isGrouped()
                ? Integer.compareUnsigned(group, dev.created().groups()) < 0
                        && (dev.status() & DeviceStatus.DRIVER_OK) == 0
                : group == 0;
    }

    private static boolean isClean(MemorySegment in) {
        return UserCopy.isZero(in, VqConfigLayout.RESERVED, VduseApi1.VQ_CONFIG_GROUP)
                && UserCopy.isZero(in, VduseApi1.VQ_CONFIG_RESERVED, VqConfigLayout.SIZE);
    }

    int info(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, VqInfoLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var info = UserCopy.from(argument, VqInfoLayout.SIZE);
        int index = info.get(JAVA_INT_UNALIGNED, VqInfoLayout.INDEX);
        if (isNoQueue(index)) {
            return -Errno.EINVAL;
        }
        var vq = dev.vq(index);
        var layout = vq.layout();
        info.set(JAVA_INT_UNALIGNED, VqInfoLayout.NUM, layout.num());
        info.set(JAVA_LONG_UNALIGNED, VqInfoLayout.DESC_ADDR, layout.desc());
        info.set(JAVA_LONG_UNALIGNED, VqInfoLayout.DRIVER_ADDR, layout.driver());
        info.set(JAVA_LONG_UNALIGNED, VqInfoLayout.DEVICE_ADDR, layout.device());
        info.set(JAVA_BYTE, VqInfoLayout.READY, (byte) (vq.isReady() ? 1 : 0));
        info.set(JAVA_SHORT_UNALIGNED, VqInfoLayout.SPLIT_AVAIL_INDEX, (short) layout.state());
        if ((dev.driverFeatures() & VirtioFeatures.RING_PACKED) != 0) {
            info.set(JAVA_SHORT_UNALIGNED, VqInfoLayout.PACKED_LAST_AVAIL_IDX, (short) (layout.state() >>> 16));
            info.set(JAVA_SHORT_UNALIGNED, VqInfoLayout.PACKED_LAST_USED_COUNTER, (short) (layout.state() >>> 32));
            info.set(JAVA_SHORT_UNALIGNED, VqInfoLayout.PACKED_LAST_USED_IDX, (short) (layout.state() >>> 48));
        }
        return UserCopy.to(argument, info);
    }

    int setUpKick(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, VqEventfdLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var in = UserCopy.from(argument, VqEventfdLayout.SIZE);
        int index = in.get(JAVA_INT_UNALIGNED, VqEventfdLayout.INDEX);
        int number = in.get(JAVA_INT_UNALIGNED, VqEventfdLayout.FD);
        if (isNoQueue(index)) {
            return -Errno.EINVAL;
        }
        if (number < 0) {
            if (number == VduseAbi.VDUSE_EVENTFD_DEASSIGN) {
                dev.vq(index).installKick(null);
            }
            return 0;
        }
        try {
            var own = Fd.duplicateOf(number, "kick of " + dev.created().name());
            dev.vq(index).installKick(EventFd.adoptForeign(own));
            return 0;
        } catch (LinuxException refused) {
            return -refused.errno();
        }
    }

    /** On the daemon's data path: allocates nothing. */
    int injectInterrupt(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, Integer.BYTES)) {
            return -Errno.EFAULT;
        }
        int index = argument.get(JAVA_INT_UNALIGNED, 0);
        if (isNoQueue(index)) {
            return -Errno.EINVAL;
        }
        var vq = dev.vq(index);
        if (!dev.isSuspended() && vq.trigger()) {
            return 0;
        }
        if (!dev.isRunning()) {
            return -Errno.EINVAL;
        }
        vq.queueInterrupt();
        return 0;
    }

    private boolean isNoQueue(int index) {
        return Integer.compareUnsigned(index, dev.vqNum()) >= 0;
    }
}
