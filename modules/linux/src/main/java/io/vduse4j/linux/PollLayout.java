package io.vduse4j.linux;

/** {@code struct pollfd} (asm-generic/poll.h) and {@code struct timespec} (linux/time_types.h). */
final class PollLayout {
    private PollLayout() {}

    static final int POLLFD_SIZE = 8;
    static final int FD = 0;
    static final int EVENTS = 4;
    static final int REVENTS = 6;

    static final int TIMESPEC_SIZE = 16;
    static final int SECONDS = 0;
    static final int NANOSECONDS = 8;
}
