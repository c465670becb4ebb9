package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;

/** What the command ends with, and the only place where an errno becomes such a number. */
final class ExitCode {
    private ExitCode() {}

    /** Done. */
    static final int OK = 0;

    /** It did not work. */
    static final int FAILED = 1;

    /** Wrong words on the command line. */
    static final int USAGE = 2;

    /** What was named does not exist. */
    static final int NOT_FOUND = 3;

    /** What was to be made exists. */
    static final int EXISTS = 4;

    /** Somebody else uses it. */
    static final int BUSY = 5;

    /** This host, or this user, cannot do it. */
    static final int NOT_POSSIBLE = 6;

    /** It took too long. */
    static final int TIMEOUT = 7;

    /** Added to the number of the signal that ended a command, as shells do. */
    static final int SIGNALLED = 128;

    /** Returns the exit code for what went wrong. */
    static int of(Throwable failure) {
        return failure instanceof LinuxException linux ? of(linux.errno()) : FAILED;
    }

    private static int of(int errno) {
        return switch (errno) {
            case Errno.EINVAL, Errno.EISDIR, Errno.ENAMETOOLONG, Errno.ENOTBLK, Errno.ERANGE, Errno.EOVERFLOW -> USAGE;
            case Errno.ENOENT, Errno.ENOTDIR -> NOT_FOUND;
            case Errno.EEXIST -> EXISTS;
            case Errno.EBUSY, Errno.EAGAIN, Errno.ETXTBSY, Errno.EALREADY, Errno.EADDRINUSE -> BUSY;
            case Errno.ENODEV,
                    Errno.ENXIO,
                    Errno.ENOSYS,
                    Errno.ENOTTY,
                    Errno.EPERM,
                    Errno.EACCES,
                    Errno.EROFS,
                    Errno.EOPNOTSUPP,
                    Errno.EPROTONOSUPPORT,
                    Errno.EAFNOSUPPORT -> NOT_POSSIBLE;
            case Errno.ETIMEDOUT, Errno.ETIME -> TIMEOUT;
            default -> FAILED;
        };
    }
}
