package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/** The calls of vhost-vdpa on the configuration space (kernel-behaviour 8.2). Guarded by the lock of the open file. */
final class DeviceConfigSpace implements AutoCloseable {

    private final VdpaOps ops;
    private EventFd call;

    DeviceConfigSpace(VdpaOps ops) {
        this.ops = ops;
    }

    /** GET_CONFIG. @return 0 or a negative errno */
    int get(UserArgument argument) {
        MemorySegment header = argument.read(VhostAbi.CONFIG_HEADER);
        if (header == null) {
            return UserArgument.FAULT;
        }
        if (!isInside(header)) {
            return -Errno.EINVAL;
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) length(header)]);
        ops.config((int) offset(header), bytes);
        return argument.write(VhostAbi.CONFIG_HEADER, bytes);
    }

    /** SET_CONFIG, which a VDUSE device drops. @return 0 or a negative errno */
    int set(UserArgument argument) {
        MemorySegment header = argument.read(VhostAbi.CONFIG_HEADER);
        if (header == null) {
            return UserArgument.FAULT;
        }
        if (!isInside(header)) {
            return -Errno.EINVAL;
        }
        return argument.read(VhostAbi.CONFIG_HEADER, length(header)) == null ? UserArgument.FAULT : 0;
    }

    /** An offset behind the end makes the room behind it negative, so it is looked at by itself (CVE-2021-47604). */
    private boolean isInside(MemorySegment header) {
        long size = ops.configSize();
        long offset = offset(header);
        return length(header) != 0 && offset <= size && length(header) <= size - offset;
    }

    private static long offset(MemorySegment header) {
        return Integer.toUnsignedLong(header.get(JAVA_INT_UNALIGNED, 0));
    }

    private static long length(MemorySegment header) {
        return Integer.toUnsignedLong(header.get(JAVA_INT_UNALIGNED, VhostAbi.CONFIG_LENGTH));
    }

    /** SET_CONFIG_CALL. @return 0 or a negative errno */
    int setCall(UserArgument argument) {
        MemorySegment number = argument.read(Integer.BYTES);
        if (number == null) {
            return UserArgument.FAULT;
        }
        int fd = number.get(JAVA_INT_UNALIGNED, 0);
        EventFd given;
        try {
            given = fd == VhostAbi.FILE_UNBIND ? null : EventFds.of(fd, "the configuration of " + ops.name());
        } catch (LinuxException problem) {
            return -problem.errno();
        }
        ops.setConfigCallback(given == null ? null : given::signal);
        replace(given);
        return 0;
    }

    private void replace(EventFd given) {
        if (call != null) {
            call.close();
        }
        call = given;
    }

    /** Gives the eventfd back; the device must be reset: it has it. */
    @Override
    public void close() {
        replace(null);
    }
}
