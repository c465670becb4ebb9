package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

/** Where a daemon listens and its clients look for it, unless they are told otherwise. */
final class DaemonSocket {
    private static final String NAME = "vduse/daemon.sock";

    private DaemonSocket() {}

    /**
     * Returns the path.
     *
     * @param given by the user
     * @param environment VDUSE_SOCKET comes next; then a folder of the user, or of the system for root
     * @throws LinuxException EINVAL if there is no such folder
     */
    static Path of(Optional<Path> given, Map<String, String> environment) throws IOException {
        if (given.isPresent()) {
            return given.get().toAbsolutePath();
        }
        var variable = environment.getOrDefault("VDUSE_SOCKET", "");
        if (!variable.isEmpty()) {
            return Path.of(variable).toAbsolutePath();
        }
        if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            return Path.of("/run", NAME);
        }
        var folder = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (folder.isEmpty()) {
            throw new LinuxException(
                    "find the daemon's socket",
                    "$XDG_RUNTIME_DIR",
                    Errno.EINVAL,
                    "it is not set: set VDUSE_SOCKET, or name the path");
        }
        return Path.of(folder, NAME).toAbsolutePath();
    }

    /**
     * Makes the folder of the socket if there is none, for its user alone.
     *
     * @throws LinuxException EPERM if others may write into it
     */
    static void makeFolder(Path socket) throws IOException {
        var folder = socket.getParent();
        if (Files.notExists(folder)) {
            var onlyMe = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectories(folder, onlyMe);
        }
        var attributes = Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (socket.endsWith(NAME) && attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new LinuxException(
                    "use", folder.toString(), Errno.EPERM, "everybody may write into it: chmod 700 " + folder);
        }
    }
}
