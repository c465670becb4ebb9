package io.vduse4j.cli;

import io.vduse4j.daemon.ErrorKind;
import io.vduse4j.linux.LinuxException;

/** What the command ends with. */
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
        return failure instanceof LinuxException linux ? of(ErrorKind.of(linux.errno())) : FAILED;
    }

    private static int of(ErrorKind kind) {
        return switch (kind) {
            case FAILED -> FAILED;
            case USAGE -> USAGE;
            case NOT_FOUND -> NOT_FOUND;
            case EXISTS -> EXISTS;
            case BUSY -> BUSY;
            case NOT_POSSIBLE -> NOT_POSSIBLE;
            case TIMEOUT -> TIMEOUT;
        };
    }
}
