package io.vduse4j.block.spi;

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
 */
public record BackendOptions(
        OptionalLong size, OptionalInt blockSize, boolean readOnly, boolean direct, boolean force) {

    /** No wishes. */
    public static final BackendOptions NONE =
            new BackendOptions(OptionalLong.empty(), OptionalInt.empty(), false, false, false);
}
