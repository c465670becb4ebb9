package io.vduse4j.embedded.virtio;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/**
 * What a disk refuses before its device is asked, with the errnos of a Linux block device.
 *
 * @param name name of the disk
 * @param limits what it can do
 */
record BlkChecks(String name, BlkLimits limits) {

    /** Stands for the interrupt thread, which copies into the memory of users. Never started. */
    private static final Thread ANOTHER = new Thread(() -> {}, "any other thread");

    /** A change of a disk that may have been made read-only by a feature. */
    void writable(String what, boolean readOnly) throws LinuxException {
        if (readOnly) {
            throw problem(what, Errno.EPERM, "the disk is read-only");
        }
    }

    /** A request that the device does not understand without a feature. */
    void understood(String what, boolean offered) throws LinuxException {
        if (!offered) {
            throw problem(what, Errno.EOPNOTSUPP, "the device does not offer it");
        }
    }

    /** Whole blocks of a disk of {@code size} bytes. */
    void range(String what, long offset, long length, long size, int behindTheEnd) throws LinuxException {
        if (offset < 0 || length < 0 || ((offset | length) & (limits.blockSize() - 1)) != 0) {
            String blocks = " are not made of blocks of " + limits.blockSize() + " bytes";
            throw problem(what, Errno.EINVAL, "bytes " + offset + "+" + length + blocks);
        }
        if (offset > size - length) {
            throw problem(what, behindTheEnd, "bytes " + offset + "+" + length + " of a disk of " + size);
        }
    }

    /** Memory that the interrupt thread can reach. */
    void memory(String what, MemorySegment memory) throws LinuxException {
        if (!memory.scope().isAlive()) {
            throw problem(what, Errno.EFAULT, "the memory is freed");
        }
        if (!memory.isAccessibleBy(ANOTHER)) {
            throw problem(what, Errno.EFAULT, "the memory belongs to one thread; take a shared or automatic arena");
        }
    }

    LinuxException problem(String what, int errno, String detail) {
        return new LinuxException(what, name, errno, detail);
    }
}
