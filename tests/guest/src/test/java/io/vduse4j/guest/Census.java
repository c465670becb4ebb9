package io.vduse4j.guest;

import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What this process holds, counted.
 *
 * @param descriptors what its open descriptors are, sorted; inode numbers left out
 * @param mappings files that are mapped, sorted, without the JVM's own
 * @param threads names of its Java threads, sorted
 * @param budget bytes of native memory that are accounted for
 */
record Census(List<String> descriptors, List<String> mappings, List<String> threads, long budget) {

    /** Counts this process. */
    static Census take() throws IOException {
        return new Census(
                openDescriptors(),
                ownMappings(),
                Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        // Those of the JDK that reap child processes live for a minute.
                        .filter(name -> !name.startsWith("process reaper"))
                        .sorted()
                        .toList(),
                MemoryBudget.process().used());
    }

    /** How many eventfds are open. */
    long eventFds() {
        return descriptors.stream().filter(name -> name.contains("eventfd")).count();
    }

    private static List<String> openDescriptors() throws IOException {
        List<String> found = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var entry : entries) {
                try {
                    found.add(Files.readSymbolicLink(entry).toString().replaceAll("\\[[0-9]+]", ""));
                } catch (NoSuchFileException closed) {
                    // The descriptor that lists the directory is gone by now on some runs and not on others.
                }
            }
        }
        found.removeIf(name -> name.matches("/proc/[0-9]+/fd"));
        return found.stream().sorted().toList();
    }

    private static List<String> ownMappings() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .map(line -> line.split(" +", 6))
                .filter(fields -> fields.length == 6)
                .map(fields -> fields[5])
                .filter(name -> name.contains("vduse-domain") || name.contains("memfd"))
                .sorted()
                .toList();
    }

    @Override
    public String toString() {
        return "%d descriptors (%d eventfds), %d mappings of ours, %d threads, %d bytes of native memory"
                .formatted(descriptors.size(), eventFds(), mappings.size(), threads.size(), budget);
    }
}
