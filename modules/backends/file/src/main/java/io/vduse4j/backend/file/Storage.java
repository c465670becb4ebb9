package io.vduse4j.backend.file;

import io.vduse4j.block.Extent;
import io.vduse4j.linux.LinuxException;

/** What differs between an image file and a host block device. Discarding and zeroing are one thread's own. */
interface Storage {

    /** Asks for the size now, in bytes; any thread. */
    long size() throws LinuxException;

    /**
     * Makes it larger; any thread.
     *
     * @param bytes the new size
     * @throws LinuxException EOPNOTSUPP where somebody else decides about the size
     */
    void grow(long bytes) throws LinuxException;

    /**
     * Tells what a range begins with ({@link io.vduse4j.block.Backend#extent}); any thread.
     *
     * @param blockSize of the volume in bytes
     */
    Extent extent(long offset, long length, int blockSize) throws LinuxException;

    /** Tells whether all of it is gone with the power of this machine, however often it was synced (DU-12). */
    boolean isVolatile();

    /** Smallest unit in bytes that a discard gives back, a power of two; 0 if nothing can be given back. */
    int discardGranularity();

    /** Tells whether zeroing can give space back. */
    boolean canUnmapZeroes();

    /**
     * Gives a range back: whole units within it only (DU-09).
     *
     * @return 0 or the positive errno
     */
    int discard(long offset, long length);

    /**
     * Makes a range read as zeroes (DU-10).
     *
     * @param unmap the space may be given back
     * @return 0 or the positive errno
     */
    int zero(long offset, long length, boolean unmap);
}
