package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open node of a device (kernel-behaviour 2.3 and 3.3 to 3.6). */
final class DeviceNode implements VduseNode {
    private final VduseDev dev;
    private final QueueIoctls queues;
    private final IotlbIoctls iotlb;
    private final OpenFile file = new OpenFile();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Stands for a device that is connected. */
    DeviceNode(VduseDev dev) {
        this.dev = dev;
        queues = new QueueIoctls(dev);
        iotlb = new IotlbIoctls(dev);
    }

    @Override
    public int ioctl(int request, MemorySegment argument) {
        if (closed.get()) {
            return -Errno.EBADF;
        }
        if (dev.messages().isBroken()) {
            return -Errno.EPERM;
        }
        return switch (request) {
            case VduseIoctl.VDUSE_VQ_INJECT_IRQ -> queues.injectInterrupt(argument);
            case VduseIoctl.VDUSE_IOTLB_GET_FD -> iotlb.getFd(argument);
            case VduseApi1.VDUSE_IOTLB_GET_FD2 -> iotlb.getFd2(argument);
            case VduseIoctl.VDUSE_IOTLB_GET_INFO -> iotlb.info(argument);
            case VduseIoctl.VDUSE_IOTLB_REG_UMEM -> iotlb.register(argument);
            case VduseIoctl.VDUSE_IOTLB_DEREG_UMEM -> iotlb.deregister(argument);
            case VduseIoctl.VDUSE_DEV_GET_FEATURES -> features(argument);
            case VduseIoctl.VDUSE_DEV_SET_CONFIG -> setConfig(argument);
            case VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ -> injectConfigInterrupt();
            case VduseIoctl.VDUSE_VQ_SETUP -> queues.setUp(argument);
            case VduseIoctl.VDUSE_VQ_GET_INFO -> queues.info(argument);
            case VduseIoctl.VDUSE_VQ_SETUP_KICKFD -> queues.setUpKick(argument);
            default -> -Errno.ENOTTY;
        };
    }

    private int features(MemorySegment argument) {
        var out = MemorySegment.ofArray(new byte[Long.BYTES]);
        out.set(JAVA_LONG_UNALIGNED, 0, dev.driverFeatures());
        return UserCopy.to(argument, out);
    }

    private int setConfig(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, ConfigDataLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var header = UserCopy.from(argument, ConfigDataLayout.SIZE);
        long offset = Integer.toUnsignedLong(header.get(JAVA_INT_UNALIGNED, ConfigDataLayout.OFFSET));
        long length = Integer.toUnsignedLong(header.get(JAVA_INT_UNALIGNED, ConfigDataLayout.LENGTH));
        long size = dev.config().byteSize();
        if (offset > size || length == 0 || length > size - offset) {
            return -Errno.EINVAL;
        }
        if (!UserCopy.isReadable(argument, ConfigDataLayout.SIZE + length)) {
            return -Errno.EFAULT;
        }
        MemorySegment.copy(argument, ConfigDataLayout.BUFFER, dev.config(), offset, length);
        return 0;
    }

    private int injectConfigInterrupt() {
        if (!dev.isRunning()) {
            return -Errno.EINVAL;
        }
        dev.configInterrupt().queue();
        return 0;
    }

    @Override
    public int read(MemorySegment into) {
        return closed.get() ? -Errno.EBADF : dev.messages().read(into);
    }

    @Override
    public int write(MemorySegment from) {
        return closed.get() ? -Errno.EBADF : dev.messages().write(from);
    }

    @Override
    public int poll(int events, long timeoutMillis) {
        return dev.messages().poll(file, events & (POLLIN | POLLOUT), timeoutMillis);
    }

    @Override
    public void wake() {
        dev.messages().wake(file);
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            dev.release(file);
        }
    }
}
