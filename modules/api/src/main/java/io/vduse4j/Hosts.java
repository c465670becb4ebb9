package io.vduse4j;

import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpaOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.linux.LinuxHost;
import io.vduse4j.vduse.host.remote.RemoteHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** Opens the place where VDUSE lives. */
public final class Hosts {

    private static final Path CONTROL = Path.of("/dev/vduse/control");

    /** A kernel process answers at once. */
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private Hosts() {}

    /**
     * Opens a host by its name; the disks of an embedded kernel get their sockets in the user's runtime directory.
     *
     * @param which {@code linux}; {@code embedded}; {@code auto}: Linux if its VDUSE can be used, else the embedded one;
     *     or the path of the socket of a kernel process ({@code vduse kernel}), with a slash in it
     * @throws IOException a {@link LinuxException}: ENODEV if Linux was asked for and has no VDUSE, EACCES without the
     *     permission, ENOENT or ECONNREFUSED if no kernel process listens at the path, EINVAL for another name
     */
    public static VduseHost open(String which) throws IOException {
        return switch (which) {
            case "linux" -> linux();
            case "embedded" -> inRuntimeDirectory();
            case "auto" -> Files.isWritable(CONTROL) ? linux() : inRuntimeDirectory();
            default -> {
                if (which.indexOf('/') < 0) {
                    throw new LinuxException(
                            "open host", which, Errno.EINVAL, "known are auto, linux, embedded and paths of sockets");
                }
                yield RemoteHost.connect(Path.of(which), CONNECT);
            }
        };
    }

    private static VduseHost inRuntimeDirectory() throws IOException {
        Path directory = RuntimeDirectory.get();
        return embedded(name -> directory.resolve(name + ".nbd"));
    }

    /**
     * Boots a kernel half of its own in this JVM, which imitates Linux 6.12. Its disks come out as NBD sockets.
     *
     * @param sockets where the socket of a disk shall be, by the disk's name
     */
    public static VduseHost embedded(Function<String, Path> sockets) {
        var virtio = new NbdDoor(new VirtioVdpa(VirtioVdpaOptions.DEFAULT), sockets);
        return new EmbeddedKernel(KernelProfile.LINUX_6_12, List.of(virtio));
    }

    private static VduseHost linux() throws LinuxException {
        if (!Files.exists(CONTROL)) {
            throw new LinuxException(
                    "open host",
                    "linux",
                    Errno.ENODEV,
                    CONTROL
                            + " is missing: modprobe vduse (the kernel needs CONFIG_VDPA_USER); vduse check tells more");
        }
        if (!Files.isWritable(CONTROL)) {
            throw new LinuxException(
                    "open host",
                    "linux",
                    Errno.EACCES,
                    "no permission for " + CONTROL + ": run as root, or have it set up");
        }
        return new LinuxHost();
    }
}
