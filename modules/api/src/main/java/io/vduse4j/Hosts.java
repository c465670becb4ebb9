package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.linux.LinuxHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens the place where VDUSE lives. */
public final class Hosts {

    private static final Path CONTROL = Path.of("/dev/vduse/control");

    private Hosts() {}

    /**
     * Opens a host by its name.
     *
     * @param which {@code linux}, or {@code auto} for whatever this machine has
     * @throws IOException a {@link LinuxException}: ENODEV if this machine has no VDUSE, EACCES without the permission,
     *     EINVAL for another name
     */
    public static VduseHost open(String which) throws IOException {
        if (!which.equals("auto") && !which.equals("linux")) {
            throw new LinuxException("open host", which, Errno.EINVAL, "known are auto and linux");
        }
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
