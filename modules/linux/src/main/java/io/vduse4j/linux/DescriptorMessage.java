package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A {@code struct msghdr} of one buffer and a control message with descriptors ({@code SCM_RIGHTS}). */
final class DescriptorMessage {
    private final MemorySegment header;
    private final MemorySegment iovec;
    private final MemorySegment control;

    /**
     * Allocates one.
     *
     * @param descriptors for how many there is room
     */
    DescriptorMessage(Arena arena, int descriptors) {
        header = arena.allocate(SocketLayout.MSGHDR_SIZE, 8);
        iovec = arena.allocate(FileIo.IOVEC_SIZE, 8);
        control = arena.allocate(
                descriptors == 0 ? 0 : SocketLayout.align(SocketLayout.CMSGHDR_SIZE + 4L * descriptors), 8);
        header.set(JAVA_LONG, SocketLayout.MSG_IOV, iovec.address());
        header.set(JAVA_LONG, SocketLayout.MSG_IOVLEN, 1);
        header.set(JAVA_LONG, SocketLayout.MSG_CONTROL, control.byteSize() == 0 ? 0 : control.address());
        header.set(JAVA_LONG, SocketLayout.MSG_CONTROLLEN, control.byteSize());
    }

    long address() {
        return header.address();
    }

    void buffer(long address, long length) {
        iovec.set(JAVA_LONG, FileIo.IOVEC_BASE, address);
        iovec.set(JAVA_LONG, FileIo.IOVEC_LEN, length);
    }

    /** Fills the control message with the numbers to send. */
    void putDescriptors(int[] numbers) {
        control.set(JAVA_LONG, SocketLayout.CMSG_LEN, SocketLayout.CMSGHDR_SIZE + 4L * numbers.length);
        control.set(JAVA_INT, SocketLayout.CMSG_LEVEL, SocketLayout.SOL_SOCKET);
        control.set(JAVA_INT, SocketLayout.CMSG_TYPE, SocketLayout.SCM_RIGHTS);
        MemorySegment.copy(numbers, 0, control, JAVA_INT, SocketLayout.CMSGHDR_SIZE, numbers.length);
    }

    /** From now on the message carries no descriptors: they went with its first byte. */
    void dropDescriptors() {
        header.set(JAVA_LONG, SocketLayout.MSG_CONTROL, 0);
        header.set(JAVA_LONG, SocketLayout.MSG_CONTROLLEN, 0);
    }

    /** Tells whether the kernel had more descriptors than it could give. */
    boolean isControlTruncated() {
        return (header.get(JAVA_INT, SocketLayout.MSG_FLAGS) & SocketLayout.MSG_CTRUNC) != 0;
    }

    /** Takes over every descriptor that the kernel has put into this process. */
    List<Fd> takeDescriptors(String from) {
        var result = new ArrayList<Fd>();
        long end = Math.min(header.get(JAVA_LONG, SocketLayout.MSG_CONTROLLEN), control.byteSize());
        long at = 0;
        while (end - at >= SocketLayout.CMSGHDR_SIZE) {
            long length = control.get(JAVA_LONG, at + SocketLayout.CMSG_LEN);
            if (length < SocketLayout.CMSGHDR_SIZE || length > end - at) {
                break;
            }
            if (control.get(JAVA_INT, at + SocketLayout.CMSG_LEVEL) == SocketLayout.SOL_SOCKET
                    && control.get(JAVA_INT, at + SocketLayout.CMSG_TYPE) == SocketLayout.SCM_RIGHTS) {
                for (long i = SocketLayout.CMSGHDR_SIZE; i + 4 <= length; i += 4) {
                    result.add(Fd.adopt(control.get(JAVA_INT, at + i), "descriptor from " + from));
                }
            }
            at += SocketLayout.align(length);
        }
        return result;
    }
}
