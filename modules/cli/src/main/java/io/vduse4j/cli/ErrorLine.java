package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudgetException;
import java.io.IOException;

/** One line about a failure: what was tried, on which object, the errno; and what to do. */
final class ErrorLine {
    private ErrorLine() {}

    /** Returns the line, without the leading {@code vduse:}; it may hold characters that {@link Printable} escapes. */
    static String of(Throwable failure) {
        return switch (failure) {
            case LinuxException linux -> of(linux);
            case IOException io when io.getMessage() != null -> io.getMessage();
            case MemoryBudgetException budget -> budget.getMessage();
            case OutOfMemoryError memory -> "out of memory: " + memory.getMessage() + "; give the JVM more (-Xmx)";
            default -> "internal error: " + failure + "; please report it, with the output of the same command with -v";
        };
    }

    private static String of(LinuxException failure) {
        var fact = failure.call() + " " + failure.object() + ": " + Errno.text(failure.errno()) + " ("
                + Errno.name(failure.errno()) + ")";
        var detail = failure.detail().isEmpty() ? usualHelp(failure.errno()) : failure.detail();
        return detail.isEmpty() ? fact : fact + "; " + detail;
    }

    private static String usualHelp(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR -> "check the path";
            case Errno.EACCES, Errno.EPERM -> "run as root, or as a user who may";
            case Errno.EBUSY, Errno.EAGAIN, Errno.ETXTBSY -> "end who uses it, or wait";
            case Errno.ENOSPC, Errno.EDQUOT -> "make room";
            case Errno.EMFILE -> "raise the limit of open files (ulimit -n)";
            case Errno.ENOMEM -> "free memory, or raise the limit of locked memory (ulimit -l)";
            case Errno.EROFS -> "serve it with --read-only";
            case Errno.ENODEV, Errno.ENOSYS, Errno.ENOTTY, Errno.EOPNOTSUPP -> "\"vduse check\" says what is missing";
            default -> "";
        };
    }
}
