package io.vduse4j.nbd;

import io.vduse4j.block.AtHand;
import java.lang.foreign.MemorySegment;

/**
 * What an {@link NbdServer} serves under a name: a volume ({@link BackendExport}), or anything else that stores bytes.
 *
 * <p>The methods that start a request are called by the threads of connections, by several at once. They never
 * block, for the connection's other requests would wait: they start the request, which ends by exactly one call of its
 * {@link NbdCompletion}. Memory given to a request is private, native, and valid until then. One that throws has not
 * started the request and has not called its completion.
 *
 * <p>Ranges have been checked: they are not empty, lie within the {@link #size} that the client was told, and are
 * multiples of {@link NbdTraits#minimumBlock}. A request that {@link #traits} do not offer is never made.
 */
public interface NbdExport {

    /** What the export can do. Never changes. */
    NbdTraits traits();

    /** Size now, in bytes: a multiple of {@link NbdTraits#minimumBlock}. A new connection sees what it is then. */
    long size();

    /** One line for a person, up to 4096 bytes of UTF-8; may be empty. Never holds a secret. */
    String description();

    /**
     * What the export does at once, for one connection and on its thread: without a completion, and the reply goes out with
     * others. A request that is not at hand is made in the other way. One that says nothing else has nothing at hand.
     */
    default AtHand atHand() {
        return AtHand.NOTHING;
    }

    /**
     * Reads.
     *
     * @param offset first byte
     * @param into gets the bytes, all of it; up to 32 MiB
     * @param done how it ended
     */
    void read(long offset, MemorySegment into, NbdCompletion done);

    /**
     * Writes.
     *
     * @param offset first byte
     * @param from the bytes; up to 32 MiB
     * @param fua stable before the completion (DU-02)
     * @param done how it ended
     */
    void write(long offset, MemorySegment from, boolean fua, NbdCompletion done);

    /**
     * Makes everything stable that was completed before, on any connection where {@link NbdTraits#multiConn} says so
     * (DU-01).
     *
     * @param done how it ended
     */
    void flush(NbdCompletion done);

    /**
     * The content of a range is not needed any more (DU-09).
     *
     * @param offset first byte
     * @param length in bytes, less than 4 GiB
     * @param fua stable before the completion
     * @param done how it ended
     */
    void trim(long offset, long length, boolean fua, NbdCompletion done);

    /**
     * The range reads as zeroes afterwards (DU-10).
     *
     * @param offset first byte
     * @param length in bytes, less than 4 GiB
     * @param mayUnmap the space may be given back
     * @param fua stable before the completion
     * @param done how it ended
     */
    void writeZeroes(long offset, long length, boolean mayUnmap, boolean fua, NbdCompletion done);

    /**
     * The range will be read soon. It is advice: an export that has nothing to prefetch into ends it at once.
     *
     * @param offset first byte
     * @param length in bytes, less than 4 GiB
     * @param done how it ended
     */
    default void cache(long offset, long length, NbdCompletion done) {
        done.completed(0);
    }

    /**
     * Tells which parts of a range are holes, and which read as zeroes. An export that does not know calls all of it
     * data, which is always right.
     *
     * @param offset first byte
     * @param length in bytes, less than 4 GiB
     * @param extents gets them, from the offset on, without gaps; at least one, and not necessarily up to the end. The
     *     request's own until its completion
     * @param done how it ended
     */
    default void blockStatus(long offset, long length, NbdExtents extents, NbdCompletion done) {
        extents.add(length, false, false);
        done.completed(0);
    }
}
