package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import java.lang.foreign.MemorySegment;

/** What the number of an ioctl says of its argument and its result (kernel-behaviour 1.1). */
final class IoctlShape {
    private IoctlShape() {}

    /** Direction: the kernel writes the argument (asm-generic/ioctl.h, {@code _IOC_READ}). */
    private static final int READ = 2 << 30;

    private static final int SIZE_MASK = 0x3fff;

    /** {@code nr} of VDUSE_IOTLB_GET_FD2, whose argument has had two sizes (kernel-behaviour 1.3). */
    private static final int GET_FD2 = 0x1b;

    private static final int GET_FD = VduseIoctl.VDUSE_IOTLB_GET_FD & 0xff;

    /** Whether it is one of VDUSE's; others are for files of any kind and could change the server's. */
    static boolean isVduse(int request) {
        return (request >>> 8 & 0xff) == VduseAbi.VDUSE_BASE;
    }

    /** Bytes of the argument's structure, 0 to 16383. */
    static int size(int request) {
        return request >>> 16 & SIZE_MASK;
    }

    /** Whether the structure is written by the kernel. */
    static boolean isWrittenBack(int request) {
        return (request & READ) != 0;
    }

    /** Whether the argument names a descriptor of the caller. */
    static boolean namesDescriptor(int request, byte[] argument) {
        return request == VduseIoctl.VDUSE_VQ_SETUP_KICKFD
                && argument.length >= VqEventfdLayout.SIZE
                && MemorySegment.ofArray(argument).get(JAVA_INT_UNALIGNED, VqEventfdLayout.FD) >= 0;
    }

    /** Whether the result is a descriptor. */
    static boolean answersDescriptor(int request) {
        int nr = request & 0xff;
        return isVduse(request) && isWrittenBack(request) && (nr == GET_FD || nr == GET_FD2);
    }

    /**
     * Bytes that a kernel may read or write at an argument: the structure, and what its length field says behind it.
     *
     * @return 0 to {@link Protocol#MAX_ARGUMENT}
     */
    static int wanted(int request, MemorySegment argument) {
        int size = size(request);
        long tail = argument.byteSize() < size
                ? 0
                : switch (request) {
                    case VduseIoctl.VDUSE_CREATE_DEV -> u32(argument, DevConfigLayout.CONFIG_SIZE);
                    case VduseIoctl.VDUSE_DEV_SET_CONFIG -> u32(argument, ConfigDataLayout.LENGTH);
                    default -> 0;
                };
        return (int) Math.min(size + tail, Protocol.MAX_ARGUMENT);
    }

    private static long u32(MemorySegment argument, int offset) {
        return Integer.toUnsignedLong(argument.get(JAVA_INT_UNALIGNED, offset));
    }
}
