package io.vduse4j.nbd;

/**
 * One request of a client to a volume.
 *
 * @param kind what to do
 * @param offset first byte
 * @param length in bytes; 0 for a flush
 * @param address of the memory of a read or write
 * @param fua stable before it ends
 * @param unmap zeroes may give the space back
 * @param done where it ends
 */
record VolumeTask(Kind kind, long offset, long length, long address, boolean fua, boolean unmap, NbdCompletion done) {

    /** What to do. */
    enum Kind {
        READ,
        WRITE,
        DISCARD,
        WRITE_ZEROES,
        FLUSH
    }
}
