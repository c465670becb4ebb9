package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;

/** Where the three parts of a queue lie in the process's memory, once a driver's addresses have been believed. */
final class RingParts {

    private static final long NOWHERE = -1;

    /** Times that the parts are looked for again because memory was taken away meanwhile. */
    private static final int ATTEMPTS = 3;

    /**
     * What a part needs.
     *
     * @param bytes its length
     * @param alignment a power of two, of the device address and of the host address (J-14)
     * @param access {@link GuestMemory#READ} and {@link GuestMemory#WRITE} as the device needs it
     */
    record Part(long bytes, int alignment, int access) {}

    private final MemorySource source;
    private final Part descPart;
    private final Part driverPart;
    private final Part devicePart;

    private MemorySegment space = MemorySegment.NULL;
    private boolean located;
    private long desc;
    private long driver;
    private long device;

    RingParts(MemorySource source, Part desc, Part driver, Part device) {
        this.source = source;
        descPart = desc;
        driverPart = driver;
        devicePart = device;
    }

    /** All parts in one generation: looking for one on demand can bring a table in which another has moved. */
    boolean locate(long descAddress, long driverAddress, long deviceAddress) {
        forget();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long generation = source.memory().generation();
            desc = locate(descAddress, descPart);
            driver = locate(driverAddress, driverPart);
            device = locate(deviceAddress, devicePart);
            GuestMemory memory = source.memory();
            if (memory.generation() == generation) {
                located = desc != NOWHERE && driver != NOWHERE && device != NOWHERE;
                space = located ? memory.space() : MemorySegment.NULL;
                return located;
            }
        }
        return false;
    }

    private long locate(long address, Part part) {
        GuestMemory memory = source.memory();
        int region = memory.find(address);
        if (region < 0) {
            memory = source.resolve(address);
            region = memory.find(address);
        }
        if (region < 0
                || !memory.grants(region, part.access())
                || memory.contiguous(region, address, part.bytes()) != part.bytes()) {
            return NOWHERE;
        }
        long host = memory.host(region, address);
        return address % part.alignment() == 0 && host % part.alignment() == 0 ? host : NOWHERE;
    }

    /** Nothing is read or written by these parts until they are located again. */
    void forget() {
        located = false;
        space = MemorySegment.NULL;
    }

    boolean isLocated() {
        return located;
    }

    /** The memory whose offsets the parts are; of no length while they are not located. */
    MemorySegment space() {
        return space;
    }

    long desc() {
        return desc;
    }

    long driver() {
        return driver;
    }

    long device() {
        return device;
    }
}
