package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** The vdpa bus in sysfs: which driver has a device, and how to give it to another. */
final class VdpaSysfs {
    /** The unit of {@code size} in sysfs, whatever the block size (kernel, block/genhd.c). */
    private static final long SECTOR_BYTES = 512;

    private final Path bus;
    private final Path dev;

    /**
     * Looks below a root directory.
     *
     * @param root {@code /} but in tests
     */
    VdpaSysfs(Path root) {
        bus = root.resolve("sys/bus/vdpa");
        dev = root.resolve("dev");
    }

    /** Driver override first, so that no other driver can take the device between unbind and bind; then these. */
    void bind(String device, String driver) throws IOException {
        var call = "bind to " + driver;
        NodeName.check(call, device);
        NodeName.check(call, driver);
        var entry = bus.resolve("devices").resolve(device);
        if (!Files.isDirectory(entry)) {
            throw new LinuxException(
                    call, device, Errno.ENODEV, "it is not on the vdpa bus: attach it first (vdpa dev add)");
        }
        var current = driver(device);
        if (current.equals(Optional.of(driver))) {
            return;
        }
        var target = bus.resolve("drivers").resolve(driver);
        if (!Files.isDirectory(target)) {
            throw new LinuxException(
                    call, device, Errno.ENODEV, "the driver is not loaded: modprobe " + driver.replace('_', '-'));
        }
        SysfsFile.write(entry.resolve("driver_override").toString(), driver);
        if (current.isPresent()) {
            SysfsFile.write(
                    bus.resolve("drivers")
                            .resolve(current.get())
                            .resolve("unbind")
                            .toString(),
                    device);
        }
        SysfsFile.write(target.resolve("bind").toString(), device);
    }

    boolean isAttached(String device) {
        return Files.isDirectory(bus.resolve("devices").resolve(device));
    }

    /** Returns how the device is used; a node that udev or devtmpfs has not made yet does not count. */
    Optional<VdpaConsumer> consumer(String device) throws IOException {
        NodeName.check("look up", device);
        var entry = bus.resolve("devices").resolve(device);
        var vhost = child(entry, "vhost-vdpa-*").map(this::node).filter(Files::exists);
        if (vhost.isPresent()) {
            return Optional.of(new VdpaConsumer(vhost.get().toString(), OptionalLong.empty()));
        }
        var virtio = child(entry, "virtio[0-9]*");
        var disk = virtio.isPresent() ? child(virtio.get().resolve("block"), "*") : virtio;
        if (disk.isEmpty() || !Files.exists(node(disk.get()))) {
            return Optional.empty();
        }
        return Optional.of(new VdpaConsumer(node(disk.get()).toString(), size(disk.get())));
    }

    private static OptionalLong size(Path disk) throws IOException {
        var sectors = SysfsFile.read(disk.resolve("size").toString());
        return OptionalLong.of(Long.parseLong(sectors) * SECTOR_BYTES);
    }

    private Path node(Path entry) {
        return dev.resolve(entry.getFileName());
    }

    private static Optional<Path> child(Path directory, String name) throws IOException {
        try (var children = Files.newDirectoryStream(directory, name)) {
            var found = children.iterator();
            return found.hasNext() ? Optional.of(found.next()) : Optional.empty();
        } catch (NoSuchFileException notThereYet) {
            return Optional.empty();
        }
    }

    /** Returns the driver that has the device, if any. */
    private Optional<String> driver(String device) throws IOException {
        var link = bus.resolve("devices").resolve(device).resolve("driver");
        if (!Files.isSymbolicLink(link)) {
            return Optional.empty();
        }
        return Optional.of(Files.readSymbolicLink(link).getFileName().toString());
    }
}
