package io.vduse4j.embedded.vdpa;

import java.lang.foreign.MemorySegment;

/**
 * The IOVA domain of a device: a streaming region of bounce buffers, and a coherent region for rings (kernel-behaviour 5).
 * Safe from several threads.
 */
public interface DmaDomain {

    /** No address is left: the driver waits for a request to end, and tries again. */
    long MAPPING_ERROR = 0;

    /** Which way data goes; both for memory that the device reads and writes. */
    enum Direction {
        /** The device reads. */
        TO_DEVICE,
        /** The device writes. */
        FROM_DEVICE,
        /** The device reads and writes. */
        BIDIRECTIONAL
    }

    /** Rings: memory that driver and device see at once. */
    record Coherent(long iova, MemorySegment memory) {}

    /** Largest size that {@link #map} takes, in bytes. */
    long maxMappingSize();

    /**
     * Gives the device an address for driver memory; copied into the bounce buffer if the device reads it.
     *
     * @return the IOVA, a multiple of 4096, or {@link #MAPPING_ERROR}
     */
    long map(MemorySegment memory, Direction direction);

    /** Takes the address back; all of the memory is copied out of the bounce buffer if the device writes it. */
    void unmap(long iova, MemorySegment memory, Direction direction);

    /** Makes a ring of exactly this size, zeroed. @return null if there is no room */
    Coherent allocateCoherent(long size);

    /** Gives a ring back. */
    void freeCoherent(Coherent ring);
}
