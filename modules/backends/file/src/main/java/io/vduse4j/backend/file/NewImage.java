package io.vduse4j.backend.file;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes an image file that does not exist yet. */
final class NewImage {
    private NewImage() {}

    /**
     * Creates a sparse file for its owner alone (mode 0600, less the umask).
     *
     * @param flags for opening, without O_CREAT and O_EXCL
     * @return the descriptor for I/O; whoever fails later calls {@link #remove}
     */
    static Fd create(Path path, int flags) throws IOException {
        try {
            return Fd.open(path.toString(), flags | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0600);
        } catch (LinuxException problem) {
            if (problem.errno() == Errno.EINVAL && (flags & OpenFlags.O_DIRECT) != 0) {
                // The kernel creates the file before it finds that the file system has no O_DIRECT.
                if (Files.exists(path) && Files.size(path) == 0) {
                    Files.delete(path);
                }
                throw OpenHints.noDirect(path);
            }
            throw new LinuxException("create", path.toString(), problem.errno(), hint(problem.errno()));
        }
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.ENOENT -> "its directory does not exist";
            case Errno.EEXIST -> "someone has just made it, or it is a symbolic link that leads nowhere";
            default -> "";
        };
    }

    /**
     * Gives a created file its size and makes it, and its name, stable before it is first served (DU-04).
     *
     * @param size in bytes
     */
    static void format(Path path, Fd fd, long size) throws LinuxException {
        FileIo.truncate(fd, size);
        check(FileIo.fsync(fd), "fsync", fd.name());
        String directory = path.getParent().toString();
        try (var parent = Fd.open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            long result = FileIo.fsync(parent);
            // A file system whose directories cannot be synced says EINVAL (fsync(2)): its names are stable or never
            // are.
            if (result != -Errno.EINVAL) {
                check(result, "fsync", directory);
            }
        }
    }

    /** Takes a file away that this process has created and cannot serve. */
    static void remove(Path path, Exception why) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException problem) {
            why.addSuppressed(problem);
        }
    }

    private static void check(long result, String call, String object) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, object, (int) -result);
        }
    }
}
