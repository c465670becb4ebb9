package io.vduse4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Block devices of the host in memory: two of a GiB, {@code /dev/nullb0} and {@code /dev/nullb1}. */
final class NullBlk {
    /** The one that is served as it is. */
    static final String DEVICE = "/dev/nullb0";

    /** The one that carries a file system of the host. */
    static final String FOR_FILES = "/dev/nullb1";

    private NullBlk() {}

    /** Loads the module that makes them, once. */
    static void load() throws IOException {
        if (!Files.exists(Path.of(DEVICE))) {
            Shell.run("modprobe", "null_blk", "nr_devices=2", "gb=1", "memory_backed=1")
                    .show()
                    .ok();
        }
    }
}
