package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.embedded.iova.MapEntry;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import java.lang.foreign.MemorySegment;

/**
 * The ioctls about the memory that the daemon may map, with the kernel's order of checks (kernel-behaviour 2.3).
 *
 * @param dev the device
 */
record IotlbIoctls(VduseDev dev) {

    /** What a registration of user memory is asked for. */
    private interface Registration {
        int apply(AddressSpace space, long uaddr, long iova, long size);
    }

    int getFd(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, IotlbEntryLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        return handOut(argument, UserCopy.from(argument, IotlbEntryLayout.SIZE), 0);
    }

    int getFd2(MemorySegment argument) {
        if (!dev.isGrouped()) {
            return -Errno.ENOTTY;
        }
        if (!UserCopy.isReadable(argument, VduseApi1.IOTLB_ENTRY_SIZE)) {
            return -Errno.EFAULT;
        }
        var entry = UserCopy.from(argument, VduseApi1.IOTLB_ENTRY_SIZE);
        int asid = entry.get(JAVA_INT_UNALIGNED, VduseApi1.IOTLB_ENTRY_ASID);
        if (!UserCopy.isZero(entry, VduseApi1.IOTLB_ENTRY_RESERVED, VduseApi1.IOTLB_ENTRY_SIZE) || isNoSpace(asid)) {
            return -Errno.EINVAL;
        }
        return handOut(argument, entry, asid);
    }

    private int handOut(MemorySegment argument, MemorySegment entry, int asid) {
        long start = entry.get(JAVA_LONG_UNALIGNED, IotlbEntryLayout.START);
        long last = entry.get(JAVA_LONG_UNALIGNED, IotlbEntryLayout.LAST);
        var domain = dev.space(asid).domain();
        if (Long.compareUnsigned(start, last) > 0 || domain.isEmpty()) {
            return -Errno.EINVAL;
        }
        try {
            var found = domain.get().handOut(start, last);
            return found.isPresent() ? handOver(argument, entry, found.get()) : -Errno.EINVAL;
        } catch (LinuxException failure) {
            return -failure.errno();
        }
    }

    private static int handOver(MemorySegment argument, MemorySegment entry, MapEntry found) {
        entry.set(JAVA_LONG_UNALIGNED, IotlbEntryLayout.OFFSET, found.offset());
        entry.set(JAVA_LONG_UNALIGNED, IotlbEntryLayout.START, found.start());
        entry.set(JAVA_LONG_UNALIGNED, IotlbEntryLayout.LAST, found.last());
        entry.set(JAVA_BYTE, IotlbEntryLayout.PERM, (byte) found.perm());
        if (UserCopy.to(argument, entry) < 0) {
            found.file().close();
            return -Errno.EFAULT;
        }
        return found.file().handOver();
    }

    int info(MemorySegment argument) {
        if (!UserCopy.isReadable(argument, IovaInfoLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var info = UserCopy.from(argument, IovaInfoLayout.SIZE);
        int asid = asid(info);
        if (asid < 0) {
            return -dev.kernel().dirtyInfoErrno();
        }
        long start = info.get(JAVA_LONG_UNALIGNED, IovaInfoLayout.START);
        long last = info.get(JAVA_LONG_UNALIGNED, IovaInfoLayout.LAST);
        var domain = dev.space(asid).domain();
        if (Long.compareUnsigned(start, last) > 0 || domain.isEmpty()) {
            return -Errno.EINVAL;
        }
        var found = domain.get().find(start, last);
        if (found.isEmpty()) {
            return -Errno.EINVAL;
        }
        boolean bounce = domain.get().isBounceMapped()
                && found.get().start() == 0
                && found.get().last() == domain.get().bounceSize() - 1;
        info.set(JAVA_LONG_UNALIGNED, IovaInfoLayout.START, found.get().start());
        info.set(JAVA_LONG_UNALIGNED, IovaInfoLayout.LAST, found.get().last());
        info.set(JAVA_LONG_UNALIGNED, IovaInfoLayout.CAPABILITY, bounce ? VduseAbi.VDUSE_IOVA_CAP_UMEM : 0);
        return UserCopy.to(argument, info);
    }

    int register(MemorySegment argument) {
        return userMemory(argument, AddressSpace::register);
    }

    int deregister(MemorySegment argument) {
        return userMemory(argument, (space, _, iova, size) -> space.deregister(iova, size));
    }

    private int userMemory(MemorySegment argument, Registration registration) {
        if (!UserCopy.isReadable(argument, IovaUmemLayout.SIZE)) {
            return -Errno.EFAULT;
        }
        var in = UserCopy.from(argument, IovaUmemLayout.SIZE);
        int asid = asid(in);
        if (asid < 0) {
            return -Errno.EINVAL;
        }
        return registration.apply(
                dev.space(asid),
                in.get(JAVA_LONG_UNALIGNED, IovaUmemLayout.UADDR),
                in.get(JAVA_LONG_UNALIGNED, IovaUmemLayout.IOVA),
                in.get(JAVA_LONG_UNALIGNED, IovaUmemLayout.BYTES));
    }

    /** The address space that the structure names where version 0 has zeros; -1 if the structure is dirty. */
    private int asid(MemorySegment in) {
        int asid = in.get(JAVA_INT_UNALIGNED, VduseApi1.IOVA_ASID);
        return UserCopy.isZero(in, VduseApi1.IOVA_RESERVED, IovaInfoLayout.SIZE) && !isNoSpace(asid) ? asid : -1;
    }

    private boolean isNoSpace(int asid) {
        return Integer.compareUnsigned(asid, dev.spaces()) >= 0;
    }
}
