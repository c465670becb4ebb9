package io.vduse4j;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The folder for what belongs to running processes, such as sockets: {@code vduse4j} in $XDG_RUNTIME_DIR, else in {@code
 * /run} where that can be written, else in the folder for temporary files. Only its user can look into it.
 */
final class RuntimeDirectory {

    /** Ends the name of an in-flight log. */
    static final String LOG = ".inflight";

    private RuntimeDirectory() {}

    /**
     * Returns the folder, which is made if need be.
     *
     * @throws LinuxException EPERM if somebody else could look into it or change it
     */
    static Path get() throws IOException {
        Path directory = parent().resolve("vduse4j");
        if (Files.notExists(directory, LinkOption.NOFOLLOW_LINKS)) {
            var onlyMe = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectories(directory, onlyMe);
        }
        var attributes = Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        boolean mine = attributes.isDirectory()
                && attributes.owner().equals(Files.getOwner(Path.of("/proc/self")))
                && PosixFilePermissions.toString(attributes.permissions()).endsWith("------");
        if (!mine) {
            throw new LinuxException(
                    "use",
                    directory.toString(),
                    Errno.EPERM,
                    "it must be a folder that only its user may enter: chmod 700 it, or set XDG_RUNTIME_DIR");
        }
        return directory;
    }

    /** Where the in-flight log of a device is. */
    static Path log(String device) throws IOException {
        return get().resolve(device + LOG);
    }

    /** Removes the log of a device that has gone; does nothing if there is none. */
    static void deleteLog(String device) throws IOException {
        Files.deleteIfExists(log(device));
    }

    private static Path parent() {
        String session = System.getenv("XDG_RUNTIME_DIR");
        if (session != null && Files.isDirectory(Path.of(session))) {
            return Path.of(session);
        }
        Path run = Path.of("/run");
        if (Files.isWritable(run)) {
            return run;
        }
        return Path.of(System.getProperty("java.io.tmpdir"), System.getProperty("user.name"));
    }
}
