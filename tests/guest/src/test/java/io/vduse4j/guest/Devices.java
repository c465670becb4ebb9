package io.vduse4j.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What there is of devices, as the file system shows it. */
final class Devices {
    private static final Path VDUSE = Path.of("/dev/vduse");
    private static final Path VDPA = Path.of("/sys/bus/vdpa/devices");

    private Devices() {}

    /** Names of the VDUSE devices. */
    static List<String> vduse() throws IOException {
        return names(VDUSE).stream().filter(name -> !name.equals("control")).toList();
    }

    /** Names of the devices on the vdpa bus. */
    static List<String> vdpa() throws IOException {
        return names(VDPA);
    }

    /** Path of the block device that a driver has made of a device of the bus, if it has. */
    static Optional<String> block(String name) throws IOException {
        for (var virtio : names(VDPA.resolve(name))) {
            if (virtio.startsWith("virtio")) {
                return names(VDPA.resolve(name).resolve(virtio).resolve("block")).stream()
                        .map(disk -> "/dev/" + disk)
                        .findFirst();
            }
        }
        return Optional.empty();
    }

    /** An attribute of a block device, such as {@code queue/write_cache}. */
    static String attribute(String device, String attribute) throws IOException {
        return Files.readString(directory(device).resolve(attribute)).strip();
    }

    /** How many hardware queues the driver uses. */
    static int queues(String device) throws IOException {
        return names(directory(device).resolve("mq")).size();
    }

    /** Processors that this system has. */
    static int cpus() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static Path directory(String device) {
        return Path.of("/sys/block").resolve(Path.of(device).getFileName());
    }

    private static List<String> names(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }
}
