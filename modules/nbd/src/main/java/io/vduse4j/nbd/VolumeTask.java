package io.vduse4j.nbd;

import java.util.Optional;

/**
 * One request of a client to a volume.
 *
 * @param kind what to do
 * @param offset first byte
 * @param length in bytes; 0 for a flush
 * @param address of the memory of a read or write
 * @param fua stable before it ends
 * @param unmap zeroes may give the space back
 * @param extents get the answer of a status
 * @param done where it ends
 */
record VolumeTask(
        Kind kind,
        long offset,
        long length,
        long address,
        boolean fua,
        boolean unmap,
        Optional<NbdExtents> extents,
        NbdCompletion done) {

    /** One without a question. */
    VolumeTask(Kind kind, long offset, long length, long address, boolean fua, boolean unmap, NbdCompletion done) {
        this(kind, offset, length, address, fua, unmap, Optional.empty(), done);
    }

    /** What a range consists of. */
    static VolumeTask status(long offset, long length, NbdExtents extents, NbdCompletion done) {
        return new VolumeTask(Kind.STATUS, offset, length, 0, false, false, Optional.of(extents), done);
    }

    /** What to do. */
    enum Kind {
        READ,
        WRITE,
        DISCARD,
        WRITE_ZEROES,
        FLUSH,
        STATUS
    }
}
