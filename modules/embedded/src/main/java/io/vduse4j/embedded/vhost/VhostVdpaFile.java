package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.DeviceStatus;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An open {@code /dev/vhost-vdpa-N}, as raw as the kernel's: numbers, structures, order of checks and errnos of
 * kernel-behaviour 8. Any thread; one call at a time goes on, and one that asks the daemon waits for it, at most for the
 * device's message timeout.
 *
 * <p>Descriptors in structures are of this process; this object makes references of its own. Where the kernel looks into
 * the mappings of the client's process, this one looks into what {@link #registerMemory} has said.
 */
public final class VhostVdpaFile implements AutoCloseable {

    private final VdpaOps ops;
    private final Runnable whenClosed;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final ClientMemory memory = new ClientMemory();
    private final VhostIotlb iotlb;
    private final Vrings vrings;
    private final DeviceConfigSpace config;
    private long backendFeatures;
    private boolean owned;
    private boolean closed;

    private VhostVdpaFile(VdpaOps ops, Vrings vrings, Runnable whenClosed) {
        this.ops = ops;
        this.vrings = vrings;
        this.whenClosed = whenClosed;
        iotlb = new VhostIotlb(ops, memory);
        config = new DeviceConfigSpace(ops);
    }

    /** Opens, which resets. @throws LinuxException EIO if the daemon refuses the reset */
    static VhostVdpaFile open(VdpaOps ops, Runnable whenClosed) throws LinuxException {
        int result = ops.reset();
        if (result < 0) {
            throw new LinuxException("open vhost-vdpa", ops.name(), -result, "the daemon does not reset the device");
        }
        return new VhostVdpaFile(ops, Vrings.start(ops), whenClosed);
    }

    /**
     * Says that addresses of the client lie in a file: what {@code mmap} says to the kernel.
     *
     * @param address first address, unsigned
     * @param size bytes, more than 0
     * @param file stays the caller's
     * @param offset where in the file the first address lies
     * @throws LinuxException EINVAL, EEXIST for a range that overlaps another, EMFILE, EBADF once closed
     */
    public void registerMemory(long address, long size, Fd file, long offset) throws LinuxException {
        lock.lock();
        try {
            checkOpen("register memory");
            memory.add(address, size, file, offset);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes back a {@link #registerMemory}. The device keeps what is mapped.
     *
     * @param address the first address
     * @throws LinuxException ENOENT if no range begins there, EBADF once closed
     */
    public void unregisterMemory(long address) throws LinuxException {
        lock.lock();
        try {
            checkOpen("unregister memory");
            memory.remove(address);
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen(String call) throws LinuxException {
        if (closed) {
            throw new LinuxException(call, ops.name(), Errno.EBADF, "the file is closed, or the device is gone");
        }
    }

    /**
     * A call.
     *
     * @param request its number
     * @param argument the memory that the argument points to; {@code MemorySegment.NULL} for a call without
     * @return 0 or more, or a negative errno; {@code -ENODEV} once the device is gone or the file closed
     */
    public int ioctl(int request, MemorySegment argument) {
        lock.lock();
        try {
            return closed ? -Errno.ENODEV : dispatch(request, new UserArgument(argument));
        } finally {
            lock.unlock();
        }
    }

    private int dispatch(int request, UserArgument argument) {
        return switch (request) {
            case VhostAbi.SET_BACKEND_FEATURES -> setBackendFeatures(argument);
            case VhostAbi.GET_BACKEND_FEATURES -> argument.write(offeredBackendFeatures(), Long.BYTES);
            case VhostAbi.GET_DEVICE_ID -> argument.write(ops.deviceId(), Integer.BYTES);
            case VhostAbi.GET_STATUS -> argument.write(ops.status(), Byte.BYTES);
            case VhostAbi.SET_STATUS -> setStatus(argument);
            case VhostAbi.GET_CONFIG -> config.get(argument);
            case VhostAbi.SET_CONFIG -> config.set(argument);
            case VhostAbi.GET_FEATURES -> argument.write(ops.deviceFeatures(), Long.BYTES);
            case VhostAbi.SET_FEATURES -> setFeatures(argument);
            case VhostAbi.GET_VRING_NUM -> argument.write(ops.vqNumMax(), Short.BYTES);
            case VhostAbi.GET_GROUP_NUM -> argument.write(ops.groupCount(), Integer.BYTES);
            case VhostAbi.GET_AS_NUM -> argument.write(ops.asCount(), Integer.BYTES);
            case VhostAbi.SET_LOG_BASE, VhostAbi.SET_LOG_FD -> -Errno.ENOTTY;
            case VhostAbi.SET_CONFIG_CALL -> config.setCall(argument);
            case VhostAbi.GET_IOVA_RANGE -> iovaRange(argument);
            case VhostAbi.GET_CONFIG_SIZE -> argument.write(ops.configSize(), Integer.BYTES);
            case VhostAbi.GET_VQS_COUNT -> argument.write(ops.vqCount(), Integer.BYTES);
            case VhostAbi.SUSPEND -> suspend();
            case VhostAbi.RESUME -> -Errno.EOPNOTSUPP;
            case VhostAbi.SET_OWNER -> setOwner();
            default -> owned ? vrings.ioctl(request, argument) : -Errno.EPERM;
        };
    }

    private long offeredBackendFeatures() {
        return VhostAbi.BACKEND_FEATURES | (ops.canSuspend() ? VhostAbi.BACKEND_F_SUSPEND : 0);
    }

    private int setBackendFeatures(UserArgument argument) {
        MemorySegment features = argument.read(Long.BYTES);
        if (features == null) {
            return UserArgument.FAULT;
        }
        long wanted = features.get(JAVA_LONG_UNALIGNED, 0);
        if ((wanted & ~(offeredBackendFeatures() | VhostAbi.SILENT_BACKEND_FEATURES)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if ((wanted & VhostAbi.BACKEND_F_DESC_ASID) != 0) {
            // Refused in any case, for want of address spaces or of a group for descriptors.
            return (wanted & VhostAbi.BACKEND_F_IOTLB_ASID) == 0 ? -Errno.EINVAL : -Errno.EOPNOTSUPP;
        }
        backendFeatures = wanted;
        return 0;
    }

    private int setOwner() {
        if (owned) {
            return -Errno.EBUSY;
        }
        owned = true;
        return 0;
    }

    /** The daemon's refusal shows only in the status; a reset's is an error. */
    private int setStatus(UserArgument argument) {
        MemorySegment value = argument.read(Byte.BYTES);
        if (value == null) {
            return UserArgument.FAULT;
        }
        int status = Byte.toUnsignedInt(value.get(JAVA_BYTE, 0));
        if (status != 0 && (ops.status() & ~status) != 0) {
            return -Errno.EINVAL;
        }
        if (status == 0) {
            return reset();
        }
        ops.setStatus(status);
        return 0;
    }

    private int reset() {
        iotlb.leaveBatch();
        vrings.suspended(false);
        return ops.reset();
    }

    private int setFeatures(UserArgument argument) {
        if ((ops.status() & DeviceStatus.FEATURES_OK) != 0) {
            return -Errno.EBUSY;
        }
        MemorySegment features = argument.read(Long.BYTES);
        if (features == null) {
            return UserArgument.FAULT;
        }
        ops.setDriverFeatures(features.get(JAVA_LONG_UNALIGNED, 0));
        return 0;
    }

    /** VDUSE maps any address. */
    private static int iovaRange(UserArgument argument) {
        MemorySegment range = MemorySegment.ofArray(new byte[2 * Long.BYTES]);
        range.set(JAVA_LONG_UNALIGNED, Long.BYTES, -1);
        return argument.write(0, range);
    }

    private int suspend() {
        if ((ops.status() & DeviceStatus.DRIVER_OK) == 0) {
            return 0;
        }
        int result = ops.suspend();
        if (result == 0) {
            vrings.suspended(true);
        }
        return result;
    }

    /**
     * Takes one {@code struct vhost_msg_v2}.
     *
     * @return 72, or a negative errno: EINVAL for what is no message, EFAULT for whatever goes wrong with one, {@code
     *     -ENODEV} once the device is gone or the file closed
     */
    public int write(MemorySegment vhostMsg) {
        lock.lock();
        try {
            return closed ? -Errno.ENODEV : take(new UserArgument(vhostMsg).read(VhostAbi.MSG_USED));
        } finally {
            lock.unlock();
        }
    }

    private int take(MemorySegment message) {
        if (message == null) {
            return -Errno.EINVAL;
        }
        int type = message.get(JAVA_INT_UNALIGNED, 0);
        int kind = message.get(JAVA_BYTE, VhostAbi.MSG_KIND);
        boolean isEmpty = message.get(JAVA_LONG_UNALIGNED, VhostAbi.MSG_BYTES) == 0;
        boolean isKnown = type == VhostAbi.MSG_V1 || type == VhostAbi.MSG_V2;
        if (!isKnown || (kind == VhostAbi.IOTLB_UPDATE && isEmpty)) {
            return -Errno.EINVAL;
        }
        int result = owned ? iotlb.handle(VhostIotlb.asid(message, backendFeatures), message) : -Errno.EPERM;
        return result < 0 ? -Errno.EFAULT : VhostAbi.MSG_SIZE;
    }

    /** Resets the device and gives everything back; again does nothing. The device keeps its mappings until the next. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            reset();
            vrings.close();
            iotlb.clear();
            memory.close();
            config.close();
        } finally {
            lock.unlock();
        }
        whenClosed.run();
    }
}
