package io.vduse4j.linux;

import java.lang.foreign.MemorySegment;

/** Memory by its address. */
public final class NativeMemory {
    private NativeMemory() {}

    /**
     * The whole address space: offsets are addresses. Nothing checks an access but the hardware, so every caller checks
     * its ranges first; a wrong address ends the JVM.
     */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final int MS_ASYNC = 1;

    private static final class PageSize {
        static final long BYTES = ask();

        /** {@code msync} of nothing does nothing, but EINVAL says that the address is not on a page border. */
        private static long ask() {
            for (long size = 4096; size <= 1 << 20; size <<= 1) {
                if (Syscall.call(SyscallNumber.MSYNC, size, 0, MS_ASYNC) == 0) {
                    return size;
                }
            }
            throw new UnsupportedOperationException("the page size of this machine cannot be told");
        }
    }

    /** Returns the size of a page in bytes, a power of two. */
    public static long pageSize() {
        return PageSize.BYTES;
    }
}
