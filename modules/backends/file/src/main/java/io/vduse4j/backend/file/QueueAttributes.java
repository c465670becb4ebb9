package io.vduse4j.backend.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What sysfs tells of a block device: {@code /sys/dev/block/MAJOR:MINOR/queue}, of its disk for a partition. Absent where
 * there is no sysfs, and for file systems that are on no single device.
 */
final class QueueAttributes {
    private final Path device;

    /** Names a device; nothing is read yet. */
    QueueAttributes(int major, int minor) {
        this.device = Path.of("/sys/dev/block", major + ":" + minor);
    }

    /** Size of a logical block in bytes: the unit of O_DIRECT. */
    OptionalLong logicalBlockSize() {
        return read("logical_block_size");
    }

    /** Smallest unit in bytes that is given back. */
    OptionalLong discardGranularity() {
        return read("discard_granularity");
    }

    /** Longest discard in bytes; 0 if the device can give nothing back. */
    OptionalLong discardMaxBytes() {
        return read("discard_max_bytes");
    }

    private OptionalLong read(String attribute) {
        for (var directory : new Path[] {device.resolve("queue"), device.resolve("../queue")}) {
            try {
                return OptionalLong.of(Long.parseLong(
                        Files.readString(directory.resolve(attribute)).strip()));
            } catch (IOException | NumberFormatException absent) {
                // Told by the empty result; every caller has a safe value for it.
            }
        }
        return OptionalLong.empty();
    }
}
