package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The ioctls about the memory that a device sees; {@link VduseDevice} says what they do.
 *
 * @param calls the node of the device
 */
record IotlbCalls(NodeCalls calls) {

    Optional<IotlbEntry> entry(long start, long last) throws LinuxException {
        checkRange(start, last);
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(IotlbEntryLayout.SIZE, Long.BYTES);
            argument.set(JAVA_LONG, IotlbEntryLayout.START, start);
            argument.set(JAVA_LONG, IotlbEntryLayout.LAST, last);
            return handedOut(argument, unlessEinval("VDUSE_IOTLB_GET_FD", VduseIoctl.VDUSE_IOTLB_GET_FD, argument));
        }
    }

    /** As above, in an address space of API version 1; in the structure's present form, then in that of kernel 7.0. */
    Optional<IotlbEntry> entry(int asid, long start, long last) throws LinuxException {
        checkRange(start, last);
        var call = "VDUSE_IOTLB_GET_FD2";
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(VduseApi1.IOTLB_ENTRY_SIZE_7_0, Long.BYTES);
            argument.set(JAVA_LONG, IotlbEntryLayout.START, start);
            argument.set(JAVA_LONG, IotlbEntryLayout.LAST, last);
            argument.set(JAVA_INT, VduseApi1.IOTLB_ENTRY_ASID, asid);
            int present = VduseApi1.VDUSE_IOTLB_GET_FD2;
            int fd = calls.node().ioctl(present, argument);
            int request = fd == -Errno.ENOTTY ? VduseApi1.VDUSE_IOTLB_GET_FD2_7_0 : present;
            if (request != present) {
                fd = calls.node().ioctl(request, argument);
            }
            return handedOut(argument, fd == -Errno.EINVAL ? fd : calls.orThrow(fd, call, request, calls.object()));
        }
    }

    private Optional<IotlbEntry> handedOut(MemorySegment entry, int fd) {
        if (fd < 0) {
            return Optional.empty();
        }
        return Optional.of(new IotlbEntry(
                entry.get(JAVA_LONG, IotlbEntryLayout.START),
                entry.get(JAVA_LONG, IotlbEntryLayout.LAST),
                entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET),
                entry.get(JAVA_BYTE, IotlbEntryLayout.PERM),
                Fd.adopt(fd, "iotlb of " + calls.object())));
    }

    Optional<IotlbInfo> info(long start, long last) throws LinuxException {
        checkRange(start, last);
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(IovaInfoLayout.SIZE, Long.BYTES);
            argument.set(JAVA_LONG, IovaInfoLayout.START, start);
            argument.set(JAVA_LONG, IovaInfoLayout.LAST, last);
            if (unlessEinval("VDUSE_IOTLB_GET_INFO", VduseIoctl.VDUSE_IOTLB_GET_INFO, argument) < 0) {
                return Optional.empty();
            }
            return Optional.of(new IotlbInfo(
                    argument.get(JAVA_LONG, IovaInfoLayout.START),
                    argument.get(JAVA_LONG, IovaInfoLayout.LAST),
                    (argument.get(JAVA_LONG, IovaInfoLayout.CAPABILITY) & VduseAbi.VDUSE_IOVA_CAP_UMEM) != 0));
        }
    }

    void register(long address, long iova, long size) throws LinuxException {
        userMemory("VDUSE_IOTLB_REG_UMEM", VduseIoctl.VDUSE_IOTLB_REG_UMEM, address, iova, size);
    }

    void deregister(long iova, long size) throws LinuxException {
        userMemory("VDUSE_IOTLB_DEREG_UMEM", VduseIoctl.VDUSE_IOTLB_DEREG_UMEM, 0, iova, size);
    }

    private void userMemory(String call, int request, long address, long iova, long size) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(IovaUmemLayout.SIZE, Long.BYTES);
            argument.set(JAVA_LONG, IovaUmemLayout.UADDR, address);
            argument.set(JAVA_LONG, IovaUmemLayout.IOVA, iova);
            argument.set(JAVA_LONG, IovaUmemLayout.BYTES, size);
            calls.ioctl(call, request, argument);
        }
    }

    /** EINVAL of a well-formed question is an answer: nothing is mapped there, or nothing at all yet. */
    private int unlessEinval(String call, int request, MemorySegment argument) throws LinuxException {
        int result = calls.node().ioctl(request, argument);
        return result == -Errno.EINVAL ? result : calls.orThrow(result, call, request, calls.object());
    }

    private static void checkRange(long start, long last) {
        if (Long.compareUnsigned(start, last) > 0) {
            throw new IllegalArgumentException(
                    "IOVA range ends at 0x" + Long.toHexString(last) + ", before 0x" + Long.toHexString(start));
        }
    }
}
