package io.vduse4j.linux;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * A file descriptor that is owned: closed once, by {@link #close}, and never inherited by a child process (J-10, J-11).
 *
 * <p>Any thread may use and close it. {@code close} never waits: it marks the descriptor as closed, so that every later
 * call is answered {@code -EBADF}, and the number goes back to the kernel when the last call that is under way has
 * returned. A call that races with {@code close} can therefore never reach another file that got the same number. It is
 * also what the kernel does: a file is released when the last system call on it ends, so to end a blocked call, wake it.
 *
 * <p>The raw calls return the kernel's result or the negated errno, are repeated when a signal interrupts them, and
 * allocate nothing.
 */
public final class Fd implements AutoCloseable {
    static final int F_DUPFD_CLOEXEC = 1030;

    /** The sign bit of {@link #users}: closed, and nobody new comes in. */
    private static final int CLOSED = 0x8000_0000;
    /** Closed, and the number was given back. */
    private static final int RELEASED = CLOSED | 0x4000_0000;

    private static final VarHandle USERS;

    static {
        try {
            USERS = MethodHandles.lookup().findVarHandle(Fd.class, "users", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final int number;
    private final String name;
    private final FdAlarm.Armed alarm;

    /** How many system calls are under way, and the two flags above. */
    @SuppressWarnings("unused") // by USERS
    private volatile int users;

    private Fd(int number, String name) {
        this.number = number;
        this.name = name;
        this.alarm = FdAlarm.arm(this, name + " (" + number + ")");
    }

    /**
     * Opens a file that exists, or creates it with mode 0600.
     *
     * @param path a path; not with a zero byte
     * @param flags of {@link OpenFlags}; {@code O_CLOEXEC} is added
     */
    public static Fd open(String path, int flags) throws LinuxException {
        return open(path, flags, 0600);
    }

    /**
     * Opens or creates a file.
     *
     * @param path a path; not with a zero byte
     * @param flags of {@link OpenFlags}; {@code O_CLOEXEC} is added
     * @param mode the permissions of a file that is created, less the umask of the process
     */
    public static Fd open(String path, int flags, int mode) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var bytes = NativeStrings.allocate(arena, path);
            long number = Syscall.retry(
                    SyscallNumber.OPENAT, OpenFlags.AT_FDCWD, bytes.address(), flags | OpenFlags.O_CLOEXEC, mode, 0, 0);
            return new Fd((int) Syscall.orThrow(number, "open", path), path);
        }
    }

    /**
     * Takes over a descriptor that was got in another way, and now belongs to the result alone.
     *
     * @param number an open descriptor, 0 or more
     * @param name what messages call it
     */
    public static Fd adopt(int number, String name) {
        if (number < 0) {
            throw new IllegalArgumentException("not a descriptor: " + number);
        }
        return new Fd(number, Objects.requireNonNull(name));
    }

    /**
     * Makes a descriptor of our own of a number that a caller of ours gave, as the kernel takes a reference of its own;
     * the number stays the caller's.
     *
     * @param number any number
     * @param name what messages call the new descriptor
     * @throws LinuxException EBADF if the number is no open descriptor, EMFILE
     */
    public static Fd duplicateOf(int number, String name) throws LinuxException {
        long copy = Syscall.retry(SyscallNumber.FCNTL, number, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
        return new Fd((int) Syscall.orThrow(copy, "dup", name), name);
    }

    /**
     * Returns the number for good: whoever gets it closes it. This object is closed afterwards.
     *
     * @throws IllegalStateException if closed, or while a call is under way
     */
    public int handOver() {
        if (!USERS.compareAndSet(this, 0, RELEASED)) {
            throw new IllegalStateException(name + " is closed or in use");
        }
        alarm.disarm();
        return number;
    }

    /**
     * Returns the number, for structures in which the kernel takes a descriptor. It is only good as long as this object
     * is not closed: whoever hands it on must see to that.
     *
     * @throws IllegalStateException if closed
     */
    public int number() {
        if (!isOpen()) {
            throw new IllegalStateException(name + " is closed");
        }
        return number;
    }

    /** Returns what messages call it: the path it was opened by, or a made-up name. */
    public String name() {
        return name;
    }

    /** Tells whether {@link #close} was not called yet. */
    public boolean isOpen() {
        return users >= 0;
    }

    /** Makes another descriptor of the same open file: one position, one set of flags, one {@code flock}. */
    public Fd duplicate() throws LinuxException {
        long copy = onThis(SyscallNumber.FCNTL, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
        return new Fd((int) Syscall.orThrow(copy, "dup", name), name);
    }

    /**
     * Reads; see {@code read(2)}.
     *
     * @param address where to
     * @param length how many bytes at most
     * @return the number of bytes, 0 at the end, or the negated errno
     */
    public long read(long address, long length) {
        return onThis(SyscallNumber.READ, address, length, 0, 0, 0);
    }

    /**
     * Writes; see {@code write(2)}.
     *
     * @param address where from
     * @param length how many bytes at most
     * @return the number of bytes, or the negated errno
     */
    public long write(long address, long length) {
        return onThis(SyscallNumber.WRITE, address, length, 0, 0, 0);
    }

    /**
     * Controls a device; see {@code ioctl(2)}.
     *
     * @param request the number of the request; its upper 32 bits are ignored
     * @param argument a number or an address, as the request wants it
     * @return what the request returns, or the negated errno
     */
    public long ioctl(long request, long argument) {
        return onThis(SyscallNumber.IOCTL, request & 0xffff_ffffL, argument, 0, 0, 0);
    }

    /** Any call whose first argument is this descriptor, repeated when interrupted. */
    long onThis(SyscallNumber call, long b, long c, long d, long e, long f) {
        if (enter() < 0) {
            return -Errno.EBADF;
        }
        try {
            return Syscall.retry(call, number, b, c, d, e, f);
        } finally {
            leave();
        }
    }

    /** As {@link #onThis}, once: for calls that wait, whose time left must be counted anew after a signal. */
    long onThisOnce(SyscallNumber call, long b, long c, long d, long e, long f) {
        if (enter() < 0) {
            return -Errno.EBADF;
        }
        try {
            return Syscall.call(call, number, b, c, d, e, f);
        } finally {
            leave();
        }
    }

    /** Returns the number, which now stays ours until {@link #leave}; or -1, with nothing to leave, if closed. */
    int enter() {
        if ((int) USERS.getAndAdd(this, 1) < 0) {
            leave();
            return -1;
        }
        return number;
    }

    /** Ends one {@link #enter}. */
    void leave() {
        if ((int) USERS.getAndAdd(this, -1) - 1 == CLOSED) {
            release();
        }
    }

    /**
     * Closes; again does nothing.
     *
     * <p>What {@code close(2)} says of a file whose data could not be written is not looked at: data is stable after
     * {@link FileIo#fdatasync} or not known to be.
     *
     * @throws IllegalStateException if the number was no open descriptor: someone else closed it
     */
    @Override
    public void close() {
        int before = (int) USERS.getAndBitwiseOr(this, CLOSED);
        if (before >= 0) {
            alarm.disarm();
            if (before == 0) {
                release();
            }
        }
    }

    /** Gives the number back; of all that find nobody left, one does it. */
    private void release() {
        if (USERS.compareAndSet(this, CLOSED, RELEASED)
                && Syscall.call(SyscallNumber.CLOSE, number, 0, 0) == -Errno.EBADF) {
            // Never repeated on EINTR: Linux has let the number go before it can be interrupted.
            throw new IllegalStateException("close " + this + ": the number was closed by someone else");
        }
    }

    /** Returns name and number. */
    @Override
    public String toString() {
        return name + " (" + number + ")";
    }
}
