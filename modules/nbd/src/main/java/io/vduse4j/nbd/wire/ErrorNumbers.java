package io.vduse4j.nbd.wire;

import io.vduse4j.linux.Errno;

/** The error numbers of the protocol: a few, whose values are those of Linux. */
public final class ErrorNumbers {
    private ErrorNumbers() {}

    /**
     * What a server sends for an errno.
     *
     * @param errno 0 or a positive errno
     */
    public static int ofErrno(int errno) {
        return switch (errno) {
            case 0,
                    Errno.EPERM,
                    Errno.EIO,
                    Errno.ENOMEM,
                    Errno.EINVAL,
                    Errno.ENOSPC,
                    Errno.EOVERFLOW,
                    Errno.EOPNOTSUPP,
                    Errno.ESHUTDOWN -> errno;
            case Errno.EACCES, Errno.EROFS -> Errno.EPERM;
            case Errno.EFBIG, Errno.EDQUOT -> Errno.ENOSPC;
            case Errno.ENOBUFS -> Errno.ENOMEM;
            default -> Errno.EIO;
        };
    }

    /**
     * What a client makes of a server's error: the same number, or EINVAL for one that the protocol does not have, as it
     * demands.
     *
     * @param error 32 bits as received
     */
    public static int toErrno(int error) {
        return ofErrno(error) == error ? error : Errno.EINVAL;
    }
}
