package io.vduse4j.block;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.NativeMemory;

/**
 * Arrays of {@code struct iovec} by their address. Nothing is checked here: the arrays are private memory, and whoever
 * filled them has checked what they name.
 */
public final class Iovecs {
    private Iovecs() {}

    /** Size of one entry in bytes. */
    public static final int BYTES = FileIo.IOVEC_SIZE;

    /**
     * Returns where an entry points to.
     *
     * @param iov address of the array
     * @param index 0 to the number of entries less 1
     */
    public static long address(long iov, int index) {
        return NativeMemory.ALL.get(JAVA_LONG, iov + (long) index * BYTES + FileIo.IOVEC_BASE);
    }

    /**
     * Returns the length of an entry in bytes.
     *
     * @param iov address of the array
     * @param index 0 to the number of entries less 1
     */
    public static long length(long iov, int index) {
        return NativeMemory.ALL.get(JAVA_LONG, iov + (long) index * BYTES + FileIo.IOVEC_LEN);
    }

    /**
     * Fills an entry.
     *
     * @param iov address of the array
     * @param index 0 to the number of entries less 1
     * @param address where it points to
     * @param length in bytes
     */
    public static void set(long iov, int index, long address, long length) {
        long entry = iov + (long) index * BYTES;
        NativeMemory.ALL.set(JAVA_LONG, entry + FileIo.IOVEC_BASE, address);
        NativeMemory.ALL.set(JAVA_LONG, entry + FileIo.IOVEC_LEN, length);
    }
}
