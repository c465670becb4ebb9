package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Waits for many descriptors at once; see {@code epoll(7)}. One thread waits and reads what it got; any thread may add,
 * modify and remove. A descriptor is removed before it is closed: the kernel forgets it by itself only when every
 * duplicate is closed too.
 */
public final class Epoll implements AutoCloseable {
    /** There is something to read. */
    public static final int EPOLLIN = 1;

    /** There is room to write. */
    public static final int EPOLLOUT = 4;

    /** An error; reported without being asked for. */
    public static final int EPOLLERR = 8;

    /** The other side hung up; reported without being asked for. */
    public static final int EPOLLHUP = 0x10;

    /** Wakes one of several epolls that wait for the same descriptor. */
    public static final int EPOLLEXCLUSIVE = 1 << 28;

    /** Reported once, until {@link #modify}. */
    public static final int EPOLLONESHOT = 1 << 30;

    /** Reported when it becomes ready, not as long as it is. */
    public static final int EPOLLET = 1 << 31;

    private static final int EVENT_SIZE = EpollLayout.size(Architecture.current());
    private static final int DATA = EpollLayout.data(Architecture.current());
    private static final int SIGSET_SIZE = 8;

    private final Fd epoll;
    private final int maxEvents;
    private final MemorySegment ready;

    private Epoll(Fd epoll, int maxEvents) {
        this.epoll = epoll;
        this.maxEvents = maxEvents;
        // Collected with this object, never closed: an arena that is closed would stop every thread (J-03).
        this.ready = Arena.ofAuto().allocate((long) maxEvents * EVENT_SIZE, 8);
    }

    /**
     * Makes one that waits for nothing yet.
     *
     * @param maxEvents how many events one {@link #await} takes at most; 1 or more
     */
    public static Epoll create(int maxEvents) throws LinuxException {
        if (maxEvents < 1 || maxEvents > 65536) {
            throw new IllegalArgumentException("events at once: " + maxEvents + ", not 1 to 65536");
        }
        long number = Syscall.call(SyscallNumber.EPOLL_CREATE1, EpollLayout.EPOLL_CLOEXEC, 0, 0);
        return new Epoll(Fd.adopt((int) Syscall.orThrow(number, "epoll_create", "new"), "epoll"), maxEvents);
    }

    /**
     * Begins to wait for a descriptor.
     *
     * @param events of {@code EPOLL…}
     * @param data given back by {@link #data}
     */
    public void add(Fd fd, int events, long data) throws LinuxException {
        control(EpollLayout.EPOLL_CTL_ADD, "epoll add", fd, events, data);
    }

    /**
     * Begins to wait for a descriptor that is known by its number only; whoever owns it closes it after {@link
     * #remove(int)}.
     *
     * @param events of {@code EPOLL…}
     * @param data given back by {@link #data}
     */
    public void add(int descriptor, int events, long data) throws LinuxException {
        control(EpollLayout.EPOLL_CTL_ADD, "epoll add", "descriptor " + descriptor, descriptor, events, data);
    }

    /** Changes what is waited for, or arms a {@link #EPOLLONESHOT} again. */
    public void modify(Fd fd, int events, long data) throws LinuxException {
        control(EpollLayout.EPOLL_CTL_MOD, "epoll modify", fd, events, data);
    }

    /** Ends the wait for a descriptor. Events that {@link #await} has already taken stay. */
    public void remove(Fd fd) throws LinuxException {
        control(EpollLayout.EPOLL_CTL_DEL, "epoll remove", fd, 0, 0);
    }

    /** Ends the wait for a descriptor that is known by its number only. */
    public void remove(int descriptor) throws LinuxException {
        control(EpollLayout.EPOLL_CTL_DEL, "epoll remove", "descriptor " + descriptor, descriptor, 0, 0);
    }

    private void control(int operation, String call, Fd fd, int events, long data) throws LinuxException {
        int number = fd.enter();
        if (number < 0) {
            throw new LinuxException(call, fd.name(), Errno.EBADF);
        }
        try {
            control(operation, call, fd.name(), number, events, data);
        } finally {
            fd.leave();
        }
    }

    private void control(int operation, String call, String name, int number, int events, long data)
            throws LinuxException {
        var event = Syscall.words();
        event.set(JAVA_INT_UNALIGNED, EpollLayout.EVENTS, events);
        event.set(JAVA_LONG_UNALIGNED, DATA, data);
        long result = epoll.onThis(SyscallNumber.EPOLL_CTL, operation, number, event.address(), 0, 0);
        Syscall.orThrow(result, call, name);
    }

    /**
     * Waits. A signal does not end the wait. Allocates nothing.
     *
     * @param timeoutNanos at most so long, rounded up to milliseconds; 0 looks and does not wait; negative: for ever
     * @return how many events {@link #data} and {@link #events} now have; 0 if the time is over
     * @throws IllegalStateException if closed
     */
    public int await(long timeoutNanos) {
        long deadline = timeoutNanos > 0 ? Deadline.in(timeoutNanos) : 0;
        while (true) {
            int millis = timeoutNanos > 0 ? Deadline.millisLeft(deadline) : (int) Math.max(timeoutNanos, -1);
            long count = awaitOnce(millis);
            if (count > 0) {
                return (int) count;
            }
            if (count == 0 && (timeoutNanos == 0 || Deadline.millisLeft(deadline) == 0)) {
                return 0;
            }
            if (count < 0 && count != -Errno.EINTR) {
                throw new IllegalStateException("epoll_pwait: " + Errno.name((int) -count));
            }
        }
    }

    private long awaitOnce(int millis) {
        try {
            return epoll.onThisOnce(SyscallNumber.EPOLL_PWAIT, ready.address(), maxEvents, millis, 0, SIGSET_SIZE);
        } finally {
            // The kernel writes by address, which does not keep the memory alive.
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Returns what was given to {@link #add}.
     *
     * @param i an event of the last {@link #await}
     */
    public long data(int i) {
        return ready.get(JAVA_LONG_UNALIGNED, (long) i * EVENT_SIZE + DATA);
    }

    /**
     * Returns what happened, of {@code EPOLL…}.
     *
     * @param i an event of the last {@link #await}
     */
    public int events(int i) {
        return ready.get(JAVA_INT_UNALIGNED, (long) i * EVENT_SIZE + EpollLayout.EVENTS);
    }

    /** Closes; again does nothing. It does not wake a thread that waits: signal it first. */
    @Override
    public void close() {
        epoll.close();
    }
}
