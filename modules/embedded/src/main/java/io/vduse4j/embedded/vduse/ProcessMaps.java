package io.vduse4j.embedded.vduse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this process, as {@code /proc/self/maps} has it: an address of a caller is looked up before it is used. */
final class ProcessMaps {
    private ProcessMaps() {}

    /** Whether all of a range is mapped so that it can be written. */
    static boolean isWritable(long address, long length) {
        long end = address + length;
        if (address <= 0 || end <= address) {
            return false;
        }
        long covered = address;
        try {
            for (var line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                // FIRST-END PERMISSIONS ..., by ascending address
                var fields = line.split("[- ]", 4);
                long first = Long.parseUnsignedLong(fields[0], 16);
                long last = Long.parseUnsignedLong(fields[1], 16);
                boolean holds = Long.compareUnsigned(first, covered) <= 0 && Long.compareUnsigned(covered, last) < 0;
                if (holds && fields[2].startsWith("rw")) {
                    covered = last;
                }
                if (Long.compareUnsigned(covered, end) >= 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/self/maps cannot be read", e);
        }
    }
}
