package io.vduse4j.backend.file;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Path;

/** What a person can do about a file that cannot be opened. */
final class OpenHints {
    private OpenHints() {}

    /** Says more about a failed {@code open}. */
    static LinuxException of(LinuxException problem, Path path) {
        String hint = switch (problem.errno()) {
            case Errno.ENOENT -> "--size 1G creates it";
            case Errno.EACCES, Errno.EPERM ->
                "it needs the right to read and write, or --read-only and the right to read";
            case Errno.EROFS -> "it is on a read-only file system: --read-only serves it";
            case Errno.EBUSY -> "the device is in use: mounted, or part of another one; lsblk tells";
            default -> "";
        };
        return new LinuxException("open", path.toString(), problem.errno(), hint);
    }

    /** There is no O_DIRECT on this file system, which {@code open} calls EINVAL. */
    static LinuxException noDirect(Path path) {
        return new LinuxException(
                "open", path.toString(), Errno.EOPNOTSUPP, "its file system has no O_DIRECT: leave out --direct");
    }

    /** Something is wrong with what was asked. */
    static LinuxException invalid(Path path, String hint) {
        return new LinuxException("open", path.toString(), Errno.EINVAL, hint);
    }
}
