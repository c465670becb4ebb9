package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;

/** An open control node, with the version and the features of what is created through it (kernel-behaviour 2.2). */
final class ControlNode implements VduseNode {
    private final VduseDriver driver;

    // Guarded by this.
    private long apiVersion;
    private boolean asked;
    private long features;
    private boolean closed;

    ControlNode(VduseDriver driver) {
        this.driver = driver;
    }

    @Override
    public synchronized int ioctl(int request, MemorySegment argument) {
        if (closed) {
            return -Errno.EBADF;
        }
        return switch (request) {
            case VduseIoctl.VDUSE_GET_API_VERSION -> getApiVersion(argument);
            case VduseIoctl.VDUSE_SET_API_VERSION -> setApiVersion(argument);
            case VduseIoctl.VDUSE_CREATE_DEV -> create(argument);
            case VduseIoctl.VDUSE_DESTROY_DEV -> destroy(argument);
            case VduseApi1.VDUSE_GET_FEATURES -> getFeatures(argument);
            case VduseApi1.VDUSE_SET_FEATURES -> setFeatures(argument);
            default -> -Errno.EINVAL;
        };
    }

    /** Asking a kernel with version 1 for the version is choosing it, unless one was chosen (kernel-behaviour 2.2). */
    private int getApiVersion(MemorySegment argument) {
        if (!asked) {
            asked = true;
            apiVersion = driver.kernel().apiVersion();
        }
        return put(argument, apiVersion);
    }

    private int setApiVersion(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, Long.BYTES)) {
            return -Errno.EFAULT;
        }
        long version = argument.get(JAVA_LONG_UNALIGNED, 0);
        if (Long.compareUnsigned(version, driver.kernel().apiVersion()) > 0) {
            return -Errno.EINVAL;
        }
        apiVersion = version;
        asked = true;
        return 0;
    }

    private int getFeatures(MemorySegment argument) {
        return driver.kernel().features() == 0
                ? -Errno.EINVAL
                : put(argument, driver.kernel().features());
    }

    private int setFeatures(MemorySegment argument) {
        if (driver.kernel().features() == 0) {
            return -Errno.EINVAL;
        }
        if (!UserCopy.isReadable(argument, Long.BYTES)) {
            return -Errno.EFAULT;
        }
        long wanted = argument.get(JAVA_LONG_UNALIGNED, 0);
        if ((wanted & ~driver.kernel().features()) != 0) {
            return -Errno.EINVAL;
        }
        features = wanted;
        return 0;
    }

    private static int put(MemorySegment argument, long value) {
        var out = MemorySegment.ofArray(new byte[Long.BYTES]);
        out.set(JAVA_LONG_UNALIGNED, 0, value);
        return UserCopy.to(argument, out);
    }

    private int create(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, DevConfigLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var header = UserCopy.from(argument, DevConfigLayout.SIZE);
        var wanted = DevConfig.from(header, apiVersion);
        if (!DevConfig.isClean(header, apiVersion) || !wanted.isValid(driver.kernel())) {
            return -Errno.EINVAL;
        }
        if (!UserCopy.isReadable(argument, DevConfigLayout.SIZE + (long) wanted.configSize())) {
            return -Errno.EFAULT;
        }
        return driver.create(
                wanted, UserCopy.from(argument, DevConfigLayout.CONFIG, wanted.configSize()), apiVersion, features);
    }

    private int destroy(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, VduseAbi.VDUSE_NAME_MAX)) {
            return -Errno.EFAULT;
        }
        return driver.destroy(DevConfig.name(UserCopy.from(argument, VduseAbi.VDUSE_NAME_MAX)));
    }

    @Override
    public synchronized int read(MemorySegment into) {
        return closed ? -Errno.EBADF : -Errno.EINVAL;
    }

    @Override
    public synchronized int write(MemorySegment from) {
        return closed ? -Errno.EBADF : -Errno.EINVAL;
    }

    /** A file without a poll handler is always ready to read and write. */
    @Override
    public synchronized int poll(int events, long timeoutMillis) {
        return closed ? -Errno.EBADF : events & (POLLIN | POLLOUT);
    }

    /** Nothing waits here for long. */
    @Override
    public void wake() {}

    @Override
    public synchronized void close() {
        closed = true;
    }
}
