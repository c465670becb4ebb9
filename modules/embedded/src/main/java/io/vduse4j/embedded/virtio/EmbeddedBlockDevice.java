package io.vduse4j.embedded.virtio;

import io.vduse4j.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * A disk of the embedded kernel: what {@code /dev/vdX} is on Linux. Any number of threads, also virtual ones.
 *
 * <p>Offsets and lengths are bytes and multiples of {@link #blockSize}. A request may be of any length: it is cut into as
 * many as the device takes. What goes wrong is a {@link LinuxException}: EINVAL for a part of a block, EIO for a range
 * that the disk does not have and for what the device failed, ENOSPC for a write behind the end, EPERM for a change of a
 * disk that is read-only, EOPNOTSUPP for what the device does not understand, ENODEV once the disk is removed.
 *
 * <p><b>Requests with a future</b> wait only for room in a queue or in the bounce buffer, at most as long as
 * {@link VirtioVdpaOptions#submitTimeout}; then they fail with ETIMEDOUT. Their memory may be of any kind that all threads
 * can access, and belongs to the device until the future is done; to cancel the future does not take it back. The
 * future is completed on the device's interrupt thread: what depends on it must not wait. A request that is submitted
 * from there and finds no room fails with EAGAIN.
 *
 * <p><b>Requests with a time limit</b> wait until they are done, or throw ETIMEDOUT; their memory is not touched any more
 * afterwards. A write that has timed out may still be performed.
 */
public interface EmbeddedBlockDevice {

    /** Name of the device on the vdpa bus. */
    String name();

    /** Bytes of the disk now. */
    long size();

    /** Bytes of a logical block: a power of two from 512 to the page size. */
    int blockSize();

    /** Whether it cannot be changed. */
    boolean readOnly();

    /** Whether the device has a cache that {@link #submitFlush} empties; without, what was completed is stable. */
    boolean canFlush();

    /** Whether {@link #submitDiscard} is understood. */
    boolean canDiscard();

    /** Whether {@link #submitWriteZeroes} is understood. */
    boolean canWriteZeroes();

    /** Done when the disk is gone: removed (ENODEV) or broken by its device (EIO); the text says which. Never fails. */
    CompletableFuture<String> ended();

    /** Reads as many bytes as {@code into} has. */
    CompletableFuture<Void> submitRead(long offset, MemorySegment into);

    /** Writes all bytes of {@code from}. */
    CompletableFuture<Void> submitWrite(long offset, MemorySegment from);

    /** Makes stable what was completed before. Done at once if the device has no cache. */
    CompletableFuture<Void> submitFlush();

    /** Says that the content of a range is not needed any more; it may be anything afterwards. */
    CompletableFuture<Void> submitDiscard(long offset, long length);

    /**
     * Zeroes a range.
     *
     * @param mayUnmap whether the device may give the space back
     */
    CompletableFuture<Void> submitWriteZeroes(long offset, long length, boolean mayUnmap);

    /** Reads, and waits at most so long. */
    void read(long offset, MemorySegment into, Duration limit) throws LinuxException;

    /** Writes, and waits at most so long. */
    void write(long offset, MemorySegment from, Duration limit) throws LinuxException;

    /** Makes stable, and waits at most so long. */
    void flush(Duration limit) throws LinuxException;

    /** Discards, and waits at most so long. */
    void discard(long offset, long length, Duration limit) throws LinuxException;

    /** Zeroes, and waits at most so long. */
    void writeZeroes(long offset, long length, boolean mayUnmap, Duration limit) throws LinuxException;

    /**
     * Calls the listener with the new size whenever it has changed, on the device's interrupt thread: it must not wait.
     */
    void addResizeListener(LongConsumer listener);

    /** Ends {@link #addResizeListener}. */
    void removeResizeListener(LongConsumer listener);
}
