package io.vduse4j.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.virtio.GuestMemory;
import java.nio.ByteBuffer;

/**
 * A region of the front end's memory.
 *
 * @param guest guest address of its first byte
 * @param bytes its length, more than 0; neither its guest nor its user addresses go beyond 2^64
 * @param user address of its first byte in the front end
 * @param offset of its first byte in the file, not negative
 */
record MemorySlot(long guest, long bytes, long user, long offset) {

    /**
     * Reads a region at the position of the buffer.
     *
     * @throws RefusedException if it is empty, or goes beyond the end of one of its address spaces (VU-06)
     */
    static MemorySlot read(ByteBuffer buffer) throws RefusedException {
        MemorySlot slot = new MemorySlot(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
        boolean valid = slot.bytes > 0
                && Long.compareUnsigned(slot.guest, slot.guest + (slot.bytes - 1)) <= 0
                && Long.compareUnsigned(slot.user, slot.user + (slot.bytes - 1)) <= 0
                && slot.offset >= 0
                && slot.offset <= Long.MAX_VALUE - slot.bytes;
        if (!valid) {
            throw new RefusedException("not a region of memory: " + slot);
        }
        return slot;
    }

    /** Whether they share a guest address or a user address. */
    boolean overlaps(MemorySlot other) {
        return overlap(guest, bytes, other.guest, other.bytes) || overlap(user, bytes, other.user, other.bytes);
    }

    private static boolean overlap(long a, long aBytes, long b, long bBytes) {
        return Long.compareUnsigned(a, b + (bBytes - 1)) <= 0 && Long.compareUnsigned(b, a + (aBytes - 1)) <= 0;
    }

    /** Whether it is the one that REM_MEM_REG means: the offset does not count. */
    boolean isSame(MemorySlot other) {
        return guest == other.guest && bytes == other.bytes && user == other.user;
    }

    /** Whether the user address lies in it. */
    boolean hasUser(long address) {
        return Long.compareUnsigned(address - user, bytes) < 0;
    }

    /** Guest address of a user address that lies in it. */
    long guestOf(long address) {
        return guest + (address - user);
    }

    /**
     * Maps it. A file that ends before the region does is refused now; one that is cut later is met by {@link
     * InternalError} (J-01, R-41).
     *
     * @param file what the front end passed; stays the caller's
     */
    Mapping map(Fd file) throws RefusedException {
        try {
            FileStatus status = FileIo.status(file);
            if (status.isRegular() && offset + bytes > status.size()) {
                throw new RefusedException(this + " goes beyond the end of its file of " + status.size() + " bytes");
            }
            return Mapping.shared(file, offset, bytes, true, true);
        } catch (LinuxException | IllegalArgumentException e) {
            throw new RefusedException(this + " cannot be mapped", e);
        }
    }

    /** What the workers see of it. */
    GuestMemory.Region region(Mapping mapping) {
        return new GuestMemory.Region(
                guest, guest + (bytes - 1), mapping.address(), GuestMemory.READ | GuestMemory.WRITE);
    }

    @Override
    public String toString() {
        return "region of %d bytes at guest 0x%x, user 0x%x, file offset %d".formatted(bytes, guest, user, offset);
    }
}
