package io.vduse4j.fuzz;

import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.GuestMemory.Region;

/**
 * A region of the driver's memory.
 *
 * @param first its first device address
 * @param bytes its length
 * @param at where it lies in {@link FuzzMemory}
 * @param access what the device may do there
 */
record Area(long first, int bytes, int at, int access) {

    /** Whether it holds the device address. */
    boolean holds(long address) {
        return Long.compareUnsigned(address - first, bytes) < 0;
    }

    boolean readable() {
        return (access & GuestMemory.READ) != 0;
    }

    boolean writable() {
        return (access & GuestMemory.WRITE) != 0;
    }

    /** Where a device address that it holds lies in {@link FuzzMemory}. */
    int place(long address) {
        return at + (int) (address - first);
    }

    Region region(long base) {
        return new Region(first, first + bytes - 1, base + at, access);
    }
}
