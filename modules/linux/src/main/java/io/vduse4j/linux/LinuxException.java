package io.vduse4j.linux;

import java.io.IOException;
import java.util.Objects;

/**
 * A system call that failed. The message says which call, on which object, and why, as in
 * {@code open /dev/vduse/control: permission denied (EACCES)}.
 */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final String object;
    private final int errno;
    private final String detail;

    /**
     * Describes a failure.
     *
     * @param call the system call or the operation, such as {@code open}
     * @param object what it was asked of: a path, the name of a descriptor
     * @param errno a positive number of {@link Errno}
     */
    public LinuxException(String call, String object, int errno) {
        this(call, object, errno, "");
    }

    /**
     * Describes a failure and says more.
     *
     * @param call the system call or the operation, such as {@code open}
     * @param object what it was asked of: a path, the name of a descriptor
     * @param errno a positive number of {@link Errno}
     * @param detail what else is known, or what to do; may be empty
     */
    public LinuxException(String call, String object, int errno, String detail) {
        super(call + " " + object + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")"
                + (detail.isEmpty() ? "" : ": " + detail));
        this.call = Objects.requireNonNull(call);
        this.object = Objects.requireNonNull(object);
        this.errno = errno;
        this.detail = detail;
    }

    /** Returns the errno, a positive number of {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** Returns the system call or operation that failed. */
    public String call() {
        return call;
    }

    /** Returns what the call was asked of. */
    public String object() {
        return object;
    }

    /** Returns what else is known, or what to do; may be empty. */
    public String detail() {
        return detail;
    }
}
