package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A node that a client has open: its requests, asked of the host's node with memory of this process.
 *
 * @param node the host's node
 */
record ServedNode(VduseNode node) {
    /** A number that VDUSE does not have: what is asked in the place of ioctls that are not VDUSE's. */
    private static final int NO_REQUEST = VduseAbi.VDUSE_BASE << 8 | 0xff;

    /** Longest part of a wait: another thread may have taken the wake-up that was for this one. */
    private static final long SLICE_MILLIS = 1000;

    /**
     * One ioctl. The answer has the argument again if the request is one that writes it.
     *
     * @param given the argument as the client has it
     * @param descriptors that which the argument names; they stay the caller's
     */
    Frame ioctl(int id, int wanted, byte[] given, List<Fd> descriptors) {
        int request = IoctlShape.isVduse(wanted) ? wanted : NO_REQUEST;
        if (request == VduseIoctl.VDUSE_IOTLB_REG_UMEM) {
            // It names memory of the calling process, which is not this one.
            return Frame.of(Op.IOCTL, id, -Errno.EOPNOTSUPP);
        }
        try (var arena = Arena.ofConfined()) {
            var argument = argument(arena, request, given);
            if (IoctlShape.namesDescriptor(request, given)) {
                // What the client calls it is another file here, or none: never looked at.
                int number = descriptors.isEmpty()
                        ? Protocol.NO_DESCRIPTOR
                        : descriptors.getFirst().number();
                argument.set(JAVA_INT_UNALIGNED, VqEventfdLayout.FD, number);
            }
            int result = node.ioctl(request, argument);
            var back = IoctlShape.isWrittenBack(request) ? argument.toArray(JAVA_BYTE) : new byte[0];
            return result >= 0 && IoctlShape.answersDescriptor(request)
                    ? Frame.of(Op.IOCTL, id, 0, back, List.of(Fd.adopt(result, "memory of a device")))
                    : Frame.of(Op.IOCTL, id, result, back);
        }
    }

    /**
     * The argument as the client has it, so that the host finds out itself what is too short. Behind it are zeros as far
     * as a kernel that goes by addresses may read.
     */
    private static MemorySegment argument(Arena arena, int request, byte[] given) {
        if (given.length == 0) {
            return MemorySegment.NULL;
        }
        var bytes = MemorySegment.ofArray(given);
        var memory = arena.allocate(Math.max(given.length, IoctlShape.wanted(request, bytes)), Long.BYTES);
        return memory.asSlice(0, given.length).copyFrom(bytes);
    }

    /** Reads. The answer has the bytes. */
    Frame read(int id, int length) {
        try (var arena = Arena.ofConfined()) {
            var into = arena.allocate(Math.clamp(Integer.toUnsignedLong(length), 0, Protocol.MAX_MESSAGE), Long.BYTES);
            int result = node.read(into);
            var bytes = into.asSlice(0, Math.max(0, result)).toArray(JAVA_BYTE);
            return Frame.of(Op.READ, id, result, bytes);
        }
    }

    /** Writes the body. */
    Frame write(Frame frame) {
        try (var arena = Arena.ofConfined()) {
            var from = arena.allocate(Math.min(frame.body().length, Protocol.MAX_MESSAGE), Long.BYTES);
            from.copyFrom(MemorySegment.ofArray(frame.body()).asSlice(0, from.byteSize()));
            return Frame.of(Op.WRITE, frame.id(), node.write(from));
        }
    }

    /** Waits until an event, the end of the time, or the end of the wait; early wake-ups are for somebody else. */
    int poll(Wait wait) {
        boolean forEver = wait.timeoutMillis() < 0;
        long began = System.nanoTime();
        while (true) {
            long left = forEver
                    ? SLICE_MILLIS
                    : wait.timeoutMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            int result = node.poll(wait.events(), Math.clamp(left, 0, SLICE_MILLIS));
            if (result != 0 || left <= 0 || wait.isCancelled()) {
                return result;
            }
        }
    }
}
