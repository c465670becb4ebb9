package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The ioctls about virtqueues; {@link VduseDevice} says what they do.
 *
 * @param calls the node of the device
 */
record QueueCalls(NodeCalls calls) {

    void setup(int index, int maxSize, int group) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(VqConfigLayout.SIZE, Long.BYTES);
            argument.set(JAVA_INT, VqConfigLayout.INDEX, index);
            argument.set(JAVA_SHORT, VqConfigLayout.MAX_SIZE, (short) maxSize);
            argument.set(JAVA_INT, VduseApi1.VQ_CONFIG_GROUP, group);
            calls.ioctl("VDUSE_VQ_SETUP", VduseIoctl.VDUSE_VQ_SETUP, argument);
        }
    }

    QueueInfo info(int index) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(VqInfoLayout.SIZE, Long.BYTES);
            argument.set(JAVA_INT, VqInfoLayout.INDEX, index);
            calls.ioctl("VDUSE_VQ_GET_INFO", VduseIoctl.VDUSE_VQ_GET_INFO, argument);
            return new QueueInfo(
                    argument.get(JAVA_INT, VqInfoLayout.NUM),
                    argument.get(JAVA_LONG, VqInfoLayout.DESC_ADDR),
                    argument.get(JAVA_LONG, VqInfoLayout.DRIVER_ADDR),
                    argument.get(JAVA_LONG, VqInfoLayout.DEVICE_ADDR),
                    Short.toUnsignedInt(argument.get(JAVA_SHORT, VqInfoLayout.SPLIT_AVAIL_INDEX)),
                    new VirtqueueState(
                            packed(argument, VqInfoLayout.PACKED_LAST_AVAIL_COUNTER),
                            packed(argument, VqInfoLayout.PACKED_LAST_USED_COUNTER)),
                    argument.get(JAVA_BYTE, VqInfoLayout.READY) != 0);
        }
    }

    /** A wrap counter and the position behind it. */
    private static int packed(MemorySegment info, int at) {
        int position = info.get(JAVA_SHORT, at + Short.BYTES) & ~VirtqueueState.WRAP & 0xffff;
        return (info.get(JAVA_SHORT, at) & 1) == 0 ? position : position | VirtqueueState.WRAP;
    }

    void kick(int index, int fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(VqEventfdLayout.SIZE, Integer.BYTES);
            argument.set(JAVA_INT, VqEventfdLayout.INDEX, index);
            argument.set(JAVA_INT, VqEventfdLayout.FD, fd);
            calls.ioctl("VDUSE_VQ_SETUP_KICKFD", VduseIoctl.VDUSE_VQ_SETUP_KICKFD, argument);
        }
    }
}
