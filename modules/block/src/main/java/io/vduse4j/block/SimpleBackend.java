package io.vduse4j.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A backend in blocking style, for users with storage of their own and for remote stores: {@link
 * SimpleBackends#adapt} runs it on a bounded executor. Methods are called from several threads at once; the segments are
 * private buffers, valid until the method returns.
 */
public interface SimpleBackend extends AutoCloseable {

    /** Size in bytes; a multiple of 512; asked once. */
    long size();

    /**
     * Fills a buffer from the volume.
     *
     * @param offset first byte in the volume
     * @param into where the bytes go, all of it
     */
    void read(long offset, MemorySegment into) throws IOException;

    /**
     * Stores a buffer in the volume.
     *
     * @param offset first byte in the volume
     * @param from the bytes
     */
    void write(long offset, MemorySegment from) throws IOException;

    /** Makes every completed write stable (DU-01). */
    void flush() throws IOException;

    /** What becomes of completed writes when this process is killed ({@link Backend#durability}); asked once. */
    default Durability durability() {
        return Durability.UNKNOWN;
    }

    @Override
    default void close() throws IOException {}
}
