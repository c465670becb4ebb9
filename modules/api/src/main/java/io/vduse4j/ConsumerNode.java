package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The node under {@code /dev} that a disk's consumer uses, as sysfs tells it. */
final class ConsumerNode {

    private static final Path VDPA = Path.of("/sys/bus/vdpa/devices");
    private static final Path DEV = Path.of("/dev");
    private static final long SECTOR_BYTES = 512;
    private static final Duration STEP = Duration.ofMillis(20);

    private ConsumerNode() {}

    /** Whether the device is on the vdpa bus. */
    static boolean isAttached(String name) {
        return Files.exists(VDPA.resolve(name));
    }

    /**
     * Waits until the node is there and, for a block device, has its size.
     *
     * @throws LinuxException ETIMEDOUT if it does not come
     */
    static Path await(String name, Bus bus, long size, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Optional<Path> node = bus == Bus.VIRTIO ? blockDevice(name, size) : vhostDevice(name);
            if (node.isPresent()) {
                return node.get();
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new LinuxException("wait for the device of", name, Errno.ETIMEDOUT, hint(bus));
            }
            pause();
        }
    }

    private static String hint(Bus bus) {
        return bus == Bus.VIRTIO
                ? "no /dev/vdX came: is the virtio_blk module there (modprobe virtio-blk)? dmesg may tell"
                : "no /dev/vhost-vdpa-N came: is the vhost_vdpa module there (modprobe vhost-vdpa)?";
    }

    private static Optional<Path> blockDevice(String name, long size) throws IOException {
        for (Path virtio : children(VDPA.resolve(name), "virtio*")) {
            for (Path block : children(virtio.resolve("block"), "*")) {
                Path node = DEV.resolve(block.getFileName().toString());
                String sectors = Files.readString(block.resolve("size")).strip();
                if (Files.exists(node) && Long.parseLong(sectors) * SECTOR_BYTES == size) {
                    return Optional.of(node);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Path> vhostDevice(String name) throws IOException {
        for (Path vhost : children(VDPA.resolve(name), "vhost-vdpa-*")) {
            Path node = DEV.resolve(vhost.getFileName().toString());
            if (Files.exists(node)) {
                return Optional.of(node);
            }
        }
        return Optional.empty();
    }

    private static Iterable<Path> children(Path directory, String glob) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
            List<Path> found = new ArrayList<>();
            stream.forEach(found::add);
            return found;
        } catch (NoSuchFileException e) {
            return List.of(); // not there yet
        }
    }

    private static void pause() throws LinuxException {
        try {
            Thread.sleep(STEP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LinuxException("wait for", "the device", Errno.EINTR);
        }
    }
}
