package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.TimeUnit;

/**
 * Waits for a few descriptors, as {@code poll(2)} does; for devices whose readiness an epoll cannot keep. One thread at a
 * time uses an instance; waiting allocates nothing.
 */
public final class Poll {
    /** There is something to read. */
    public static final int POLLIN = 1;

    /** There is urgent data, or a sysfs attribute changed. */
    public static final int POLLPRI = 2;

    /** There is room to write. */
    public static final int POLLOUT = 4;

    /** An error; reported without being asked for. */
    public static final int POLLERR = 8;

    /** The other side hung up; reported without being asked for. */
    public static final int POLLHUP = 0x10;

    /** The descriptor is closed; reported without being asked for. */
    public static final int POLLNVAL = 0x20;

    private static final int SIGSET_SIZE = 8;

    private final Fd[] fds;
    private final MemorySegment pollFds;
    private final MemorySegment timespec;

    /**
     * Makes one that waits for nothing yet.
     *
     * @param n how many descriptors it has room for, 1 to 1024
     */
    public Poll(int n) {
        if (n < 1 || n > 1024) {
            throw new IllegalArgumentException("descriptors: " + n + ", not 1 to 1024");
        }
        fds = new Fd[n];
        // Collected with this object, never closed: an arena that is closed would stop every thread (J-03).
        var arena = Arena.ofAuto();
        pollFds = arena.allocate((long) n * PollLayout.POLLFD_SIZE, 8);
        timespec = arena.allocate(PollLayout.TIMESPEC_SIZE, 8);
    }

    /**
     * Sets what place {@code i} waits for. Places that were not set wait for nothing.
     *
     * @param events of {@code POLL…}; 0 waits for errors only
     */
    public void set(int i, Fd fd, int events) {
        fds[i] = fd;
        pollFds.set(JAVA_SHORT, at(i) + PollLayout.EVENTS, (short) events);
    }

    /**
     * Waits. A signal does not end the wait.
     *
     * @param timeoutMillis at most so long; 0 looks and does not wait; negative: for ever
     * @return how many places have {@link #revents}; 0 if the time is over
     */
    public int await(long timeoutMillis) {
        long deadline = Deadline.in(TimeUnit.MILLISECONDS.toNanos(timeoutMillis));
        int closed = enterAll();
        try {
            long ready;
            do {
                setTime(timespec, closed > 0 ? 0 : deadline - System.nanoTime());
                ready = Syscall.call(
                        SyscallNumber.PPOLL, pollFds.address(), fds.length, timespec.address(), 0, SIGSET_SIZE, 0);
            } while (ready == -Errno.EINTR);
            if (ready < 0) {
                throw new IllegalStateException("ppoll: " + Errno.name((int) -ready));
            }
            return (int) ready + closed;
        } finally {
            leaveAll();
            // The kernel writes by address, which does not keep the memory alive.
            Reference.reachabilityFence(this);
        }
    }

    /** Returns what the last {@link #await} found at place {@code i}, of {@code POLL…}; 0 for nothing. */
    public int revents(int i) {
        return Short.toUnsignedInt(pollFds.get(JAVA_SHORT, at(i) + PollLayout.REVENTS));
    }

    /** Keeps every number ours for the time of the wait, and returns how many are closed. */
    private int enterAll() {
        int closed = 0;
        for (int i = 0; i < fds.length; i++) {
            int number = fds[i] == null ? -1 : fds[i].enter();
            pollFds.set(JAVA_INT, at(i) + PollLayout.FD, number);
            if (number < 0 && fds[i] != null) {
                closed++;
            }
        }
        return closed;
    }

    private void leaveAll() {
        for (int i = 0; i < fds.length; i++) {
            if (fds[i] == null) {
                continue;
            }
            if (pollFds.get(JAVA_INT, at(i) + PollLayout.FD) >= 0) {
                fds[i].leave();
            } else {
                // The kernel passes over a place without a number; it would say this if it knew.
                pollFds.set(JAVA_SHORT, at(i) + PollLayout.REVENTS, (short) POLLNVAL);
            }
        }
    }

    /**
     * Waits for one descriptor without an instance, on any thread.
     *
     * @param deadline in {@link System#nanoTime}
     * @return what was found; 0 if the time is over; or the negated errno
     */
    static long awaitOne(Fd fd, int events, long deadline) {
        var words = Syscall.words();
        int number = fd.enter();
        if (number < 0) {
            return -Errno.EBADF;
        }
        try {
            long ready;
            do {
                setTime(words, deadline - System.nanoTime());
                words.set(JAVA_INT, PollLayout.TIMESPEC_SIZE + PollLayout.FD, number);
                words.set(JAVA_SHORT, PollLayout.TIMESPEC_SIZE + PollLayout.EVENTS, (short) events);
                words.set(JAVA_SHORT, PollLayout.TIMESPEC_SIZE + PollLayout.REVENTS, (short) 0);
                long address = words.address();
                ready = Syscall.call(
                        SyscallNumber.PPOLL, address + PollLayout.TIMESPEC_SIZE, 1, address, 0, SIGSET_SIZE, 0);
            } while (ready == -Errno.EINTR);
            return ready <= 0 ? ready : words.get(JAVA_SHORT, PollLayout.TIMESPEC_SIZE + PollLayout.REVENTS);
        } finally {
            fd.leave();
        }
    }

    private static void setTime(MemorySegment timespec, long nanos) {
        timespec.set(JAVA_LONG, PollLayout.SECONDS, Math.max(0, nanos) / 1_000_000_000);
        timespec.set(JAVA_LONG, PollLayout.NANOSECONDS, Math.max(0, nanos) % 1_000_000_000);
    }

    private static long at(int i) {
        return (long) i * PollLayout.POLLFD_SIZE;
    }
}
