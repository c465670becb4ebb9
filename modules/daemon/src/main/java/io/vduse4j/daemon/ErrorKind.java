package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import java.util.Locale;

/** What went wrong, roughly: what a program decides by. The only place where an errno becomes such a kind. */
public enum ErrorKind {
    /** It did not work. */
    FAILED,
    /** It was asked for in a wrong way. */
    USAGE,
    /** What was named does not exist. */
    NOT_FOUND,
    /** What was to be made exists. */
    EXISTS,
    /** Somebody else uses it. */
    BUSY,
    /** This host, or this user, cannot do it. */
    NOT_POSSIBLE,
    /** It took too long. */
    TIMEOUT;

    /** Returns the kind of an errno. */
    public static ErrorKind of(int errno) {
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

    /** As it is written in errors: {@code not_found}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
