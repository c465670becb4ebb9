package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.MemorySegment;

/**
 * The calls of vhost-vdpa that name a queue, in the order of checks of kernel-behaviour 8.2. Guarded by the lock of the
 * open file.
 */
final class Vrings implements AutoCloseable {

    private final VdpaOps ops;
    private final Kicks kicks;
    private final EventFd[] calls;
    private final EventFd[] errors;
    private boolean suspended;

    private Vrings(VdpaOps ops, Kicks kicks) {
        this.ops = ops;
        this.kicks = kicks;
        calls = new EventFd[ops.vqCount()];
        errors = new EventFd[ops.vqCount()];
    }

    /** Starts the thread for kicks. */
    static Vrings start(VdpaOps ops) throws LinuxException {
        return new Vrings(ops, Kicks.start(ops));
    }

    /** Whether addresses may change although the device has run. */
    void suspended(boolean now) {
        suspended = now;
    }

    /** Handles a call. @return 0 or more, or a negative errno */
    int ioctl(int request, UserArgument argument) {
        MemorySegment head = argument.read(Integer.BYTES);
        if (head == null) {
            return UserArgument.FAULT;
        }
        int index = head.get(JAVA_INT_UNALIGNED, 0);
        if (Integer.compareUnsigned(index, calls.length) >= 0) {
            return -Errno.ENOBUFS;
        }
        return switch (request) {
            case VhostAbi.GET_VRING_GROUP ->
                ops.hasGroups() ? argument.writeState(index, ops.vqGroup(index)) : -Errno.EOPNOTSUPP;
            case VhostAbi.GET_VRING_SIZE -> argument.writeState(index, ops.vqSize(index));
            case VhostAbi.GET_VRING_DESC_GROUP -> -Errno.EOPNOTSUPP;
            case VhostAbi.GET_VRING_BASE -> base(index, argument);
            case VhostAbi.SET_VRING_ADDR -> isFixed() ? -Errno.EINVAL : setAddress(index, argument);
            case VhostAbi.SET_VRING_ENABLE,
                    VhostAbi.SET_GROUP_ASID,
                    VhostAbi.SET_VRING_NUM,
                    VhostAbi.SET_VRING_BASE,
                    VhostAbi.SET_VRING_KICK,
                    VhostAbi.SET_VRING_CALL,
                    VhostAbi.SET_VRING_ERR -> set(request, index, argument);
            default -> -Errno.ENOTTY;
        };
    }

    /** Addresses and indices of a device that runs stay as they are. */
    private boolean isFixed() {
        return isRunning() && !suspended;
    }

    private boolean isRunning() {
        return (ops.status() & DeviceStatus.DRIVER_OK) != 0;
    }

    private int set(int request, int index, UserArgument argument) {
        if (request == VhostAbi.SET_VRING_BASE && isFixed()) {
            return -Errno.EINVAL;
        }
        MemorySegment state = argument.read(VhostAbi.VRING_STATE_SIZE);
        if (state == null) {
            return UserArgument.FAULT;
        }
        int number = state.get(JAVA_INT_UNALIGNED, VhostAbi.VRING_STATE_NUM);
        return switch (request) {
            case VhostAbi.SET_VRING_ENABLE -> enable(index, number != 0);
            case VhostAbi.SET_GROUP_ASID -> setAsid(index, number);
            case VhostAbi.SET_VRING_NUM -> setNum(index, number);
            case VhostAbi.SET_VRING_BASE -> setBase(index, number);
            default -> setFile(request, index, number);
        };
    }

    private int enable(int index, boolean enabled) {
        ops.setVqReady(index, enabled);
        return 0;
    }

    private int setAsid(int group, int asid) {
        boolean known = group < ops.groupCount() && Integer.compareUnsigned(asid, ops.asCount()) < 0;
        if (!known) {
            return -Errno.EINVAL;
        }
        if (!ops.hasGroups()) {
            return -Errno.EOPNOTSUPP;
        }
        return isRunning() ? -Errno.EBUSY : ops.setGroupAsid(group, asid);
    }

    private int setNum(int index, int number) {
        // Larger than this queue may be passes here, as in the kernel, up to the largest queue.
        boolean valid = number > 0 && number <= ops.vqNumMax() && Integer.bitCount(number) == 1;
        if (valid) {
            ops.setVqNum(index, number);
        }
        return valid ? 0 : -Errno.EINVAL;
    }

    private int setAddress(int index, UserArgument argument) {
        MemorySegment address = argument.read(VhostAbi.VRING_ADDR_SIZE);
        if (address == null) {
            return UserArgument.FAULT;
        }
        int flags = address.get(JAVA_INT_UNALIGNED, VhostAbi.VRING_ADDR_FLAGS);
        long desc = address.get(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_DESC);
        long used = address.get(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_USED);
        long avail = address.get(JAVA_LONG_UNALIGNED, VhostAbi.VRING_ADDR_AVAIL);
        if ((flags & ~VhostAbi.VRING_F_LOG) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if ((avail & (Short.BYTES - 1)) != 0 || (used & (Integer.BYTES - 1)) != 0) {
            return -Errno.EINVAL;
        }
        ops.setVqAddress(index, desc, avail, used);
        return 0;
    }

    private boolean isPacked() {
        return (ops.driverFeatures() & VirtioFeatures.RING_PACKED) != 0;
    }

    private int setBase(int index, int number) {
        if (!isPacked() && (number & 0xffff_0000) != 0) {
            return -Errno.EINVAL;
        }
        ops.setVqState(index, isPacked() ? PackedBase.state(number) : number);
        return 0;
    }

    private int base(int index, UserArgument argument) {
        long state = ops.vqState(index);
        if (state < 0) {
            return (int) state;
        }
        return argument.writeState(index, isPacked() ? PackedBase.base(state) : (int) state);
    }

    private int setFile(int request, int index, int number) {
        EventFd given;
        try {
            given = number == VhostAbi.FILE_UNBIND ? null : EventFds.of(number, "queue " + index + " of " + ops.name());
        } catch (LinuxException problem) {
            return -problem.errno();
        }
        switch (request) {
            case VhostAbi.SET_VRING_KICK -> {
                try {
                    kicks.set(index, given);
                } catch (LinuxException problem) {
                    return -problem.errno();
                }
            }
            case VhostAbi.SET_VRING_CALL -> {
                ops.setVqCallback(index, given == null ? null : new VqCallback.Trigger(given));
                replace(calls, index, given);
            }
            default -> replace(errors, index, given);
        }
        return 0;
    }

    private static void replace(EventFd[] all, int index, EventFd given) {
        if (all[index] != null) {
            all[index].close();
        }
        all[index] = given;
    }

    /** Ends the thread, and gives the eventfds back. The device must be reset: it has the calls. */
    @Override
    public void close() {
        kicks.close();
        for (int i = 0; i < calls.length; i++) {
            replace(calls, i, null);
            replace(errors, i, null);
        }
    }
}
