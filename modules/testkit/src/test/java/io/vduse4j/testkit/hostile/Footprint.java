package io.vduse4j.testkit.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the process holds.
 *
 * @param descriptors open descriptors
 * @param mappings mapped memfds
 * @param threads live threads
 */
public record Footprint(long descriptors, long mappings, long threads) {

    /** What it holds now. */
    public static Footprint now() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"));
                var maps = Files.lines(Path.of("/proc/self/maps"))) {
            return new Footprint(
                    open.count(),
                    maps.filter(line -> line.contains("/memfd:")).count(),
                    Thread.getAllStackTraces().size());
        }
    }
}
