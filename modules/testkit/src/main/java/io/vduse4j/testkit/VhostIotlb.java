package io.vduse4j.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Which of the owner's memory a vhost-vdpa device sees at which device address. Outside of a batch each change is one
 * UPDATE_IOTLB message to a VDUSE daemon, in a batch all changes are one, at its end.
 *
 * <p>Only shared mappings of files can be reached by a VDUSE daemon; others are left out without an error. The kernel
 * says EFAULT for whatever goes wrong.
 */
public final class VhostIotlb {

    private final VhostNode node;

    VhostIotlb(VhostNode node) {
        this.node = node;
    }

    /**
     * Maps memory; refused if an address is mapped already.
     *
     * @param iova its device address, a multiple of the page size
     * @param bytes its length, a multiple of the page size
     * @param address its address in this process
     * @param access what the device may do
     */
    public void map(long iova, long bytes, long address, VhostVdpaDevice.Access access) throws LinuxException {
        send(VhostLayout.IOTLB_UPDATE, "map", iova, bytes, address, access.bits);
    }

    /** Takes away every mapping that has an address in the range, each as a whole. */
    public void unmap(long iova, long bytes) throws LinuxException {
        send(VhostLayout.IOTLB_INVALIDATE, "unmap", iova, bytes, 0, (byte) 0);
    }

    /** Begins a batch; needs the back-end feature IOTLB_BATCH. Batches do not nest. */
    public void beginBatch() throws LinuxException {
        send(VhostLayout.IOTLB_BATCH_BEGIN, "begin a batch", 0, 0, 0, (byte) 0);
    }

    /** Ends a batch: its changes take effect. */
    public void endBatch() throws LinuxException {
        send(VhostLayout.IOTLB_BATCH_END, "end a batch", 0, 0, 0, (byte) 0);
    }

    private void send(int kind, String what, long iova, long bytes, long address, byte access) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(VhostLayout.MSG_SIZE, 8);
            message.set(JAVA_INT, VhostLayout.MSG_TYPE, VhostLayout.MSG_V2);
            message.set(JAVA_LONG, VhostLayout.MSG_IOVA, iova);
            message.set(JAVA_LONG, VhostLayout.MSG_BYTES, bytes);
            message.set(JAVA_LONG, VhostLayout.MSG_UADDR, address);
            message.set(JAVA_BYTE, VhostLayout.MSG_PERM, access);
            message.set(JAVA_BYTE, VhostLayout.MSG_KIND, (byte) kind);
            long result = node.write(message);
            if (result != VhostLayout.MSG_SIZE) {
                int errno = result < 0 ? (int) -result : Errno.EIO;
                String detail = result < 0 ? "" : result + " of " + VhostLayout.MSG_SIZE + " bytes were taken";
                throw new LinuxException(
                        what + " 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(bytes),
                        node.name(),
                        errno,
                        detail);
            }
        }
    }
}
