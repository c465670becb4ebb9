package io.vduse4j.block.spi;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a user may ask of any backend.
 *
 * @param size size in bytes: creates what does not exist, and must equal what does
 * @param blockSize logical block size in bytes, 512 to 4096
 * @param readOnly open for reading only
 * @param direct go around the page cache (O_DIRECT)
 * @param force accept an odd but harmless state that is refused otherwise
 * @param fence how long the opening may wait for a predecessor: a process that served this volume and may have been killed
 *     while the kernel still works on its requests, which would be done after ours (CR-07). Zero, or little, to be told
 *     EBUSY at once
 */
public record BackendOptions(
        OptionalLong size, OptionalInt blockSize, boolean readOnly, boolean direct, boolean force, Duration fence) {

    /** No wishes. */
    public static final BackendOptions NONE =
            new BackendOptions(OptionalLong.empty(), OptionalInt.empty(), false, false, false);

    /** The wishes of one who succeeds nobody. */
    public BackendOptions(OptionalLong size, OptionalInt blockSize, boolean readOnly, boolean direct, boolean force) {
        this(size, blockSize, readOnly, direct, force, Duration.ZERO);
    }

    /** The same, with a size in bytes. */
    public BackendOptions withSize(long bytes) {
        return new BackendOptions(OptionalLong.of(bytes), blockSize, readOnly, direct, force, fence);
    }

    /** The same, with a logical block size in bytes. */
    public BackendOptions withBlockSize(int bytes) {
        return new BackendOptions(size, OptionalInt.of(bytes), readOnly, direct, force, fence);
    }

    /** The same, open for reading only or not. */
    public BackendOptions withReadOnly(boolean wish) {
        return new BackendOptions(size, blockSize, wish, direct, force, fence);
    }

    /** The same, around the page cache or not. */
    public BackendOptions withDirect(boolean wish) {
        return new BackendOptions(size, blockSize, readOnly, wish, force, fence);
    }

    /** The same, accepting what is odd but harmless or not. */
    public BackendOptions withForce(boolean wish) {
        return new BackendOptions(size, blockSize, readOnly, direct, wish, fence);
    }

    /** The same, waiting for a predecessor as long as this. */
    public BackendOptions withFence(Duration limit) {
        return new BackendOptions(size, blockSize, readOnly, direct, force, limit);
    }
}
