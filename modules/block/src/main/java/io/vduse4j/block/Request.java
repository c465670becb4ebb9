package io.vduse4j.block;

/**
 * One request, preallocated with its slot and filled anew each time. The owner writes it before {@link Channel#submit};
 * from then to the completion it is the backend's to read.
 */
public final class Request {

    /** What a request does. */
    public enum Op {
        /** Fills the memory with the volume's bytes. */
        READ,
        /** Stores the memory's bytes. */
        WRITE,
        /** The content of the range is not needed any more; it reads as its old bytes or as zeroes afterwards (DU-09). */
        DISCARD,
        /** The range reads as zeroes afterwards (DU-10). */
        WRITE_ZEROES
    }

    /** What to do. */
    public Op op = Op.READ;

    /** First byte of the range in the volume. */
    public long offset;

    /** Length of the range in bytes. */
    public long length;

    /** Address of an array of {@code struct iovec}; its lengths add up to {@link #length}. READ and WRITE only. */
    public long iov;

    /** Entries at {@link #iov}; may exceed the kernel's IOV_MAX. READ and WRITE only. */
    public int iovCount;

    /** WRITE and WRITE_ZEROES: must be stable before the completion (DU-02, write-through). */
    public boolean fua;

    /** WRITE_ZEROES: the space may be given back. */
    public boolean unmap;

    /** Generation of the memory that {@link #iov} points into. */
    public long generation;

    /** Creates an empty request. */
    public Request() {}
}
