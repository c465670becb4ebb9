package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;

/** A counter in the kernel that one side raises and the other waits for; see {@code eventfd(2)}. Never blocks. */
public final class EventFd implements AutoCloseable {
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;

    /** The number 1, which every signal adds. */
    private static final long ONE = Arena.global().allocateFrom(JAVA_LONG, 1).address();

    private final Fd fd;

    private EventFd(Fd fd) {
        this.fd = fd;
    }

    /** Makes one with the count 0. */
    public static EventFd create() throws LinuxException {
        long number = Syscall.call(SyscallNumber.EVENTFD2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0);
        return new EventFd(Fd.adopt((int) Syscall.orThrow(number, "eventfd", "new"), "eventfd"));
    }

    /**
     * Takes over an event descriptor that this process made itself, in non-blocking mode. Nothing is checked: for one
     * that came from a peer there is {@link #adoptForeign}.
     */
    public static EventFd adopt(Fd fd) {
        return new EventFd(fd);
    }

    /**
     * Takes over an event descriptor that came from a peer. A descriptor of another kind (a full pipe) could block the
     * thread that signals, so it is refused, and closed; and non-blocking mode is set.
     *
     * @throws LinuxException EINVAL if it is no eventfd
     */
    public static EventFd adoptForeign(Fd fd) throws LinuxException {
        try {
            var kind = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd.number()))
                    .toString();
            if (!kind.equals("anon_inode:[eventfd]")) {
                throw new LinuxException("adopt", fd.name(), Errno.EINVAL, "not an eventfd but " + kind);
            }
            long flags = Syscall.orThrow(fd.onThis(SyscallNumber.FCNTL, F_GETFL, 0, 0, 0, 0), "fcntl", fd.name());
            Syscall.orThrow(
                    fd.onThis(SyscallNumber.FCNTL, F_SETFL, flags | OpenFlags.O_NONBLOCK, 0, 0, 0), "fcntl", fd.name());
            return new EventFd(fd);
        } catch (LinuxException problem) {
            fd.close();
            throw problem;
        } catch (IOException problem) {
            fd.close();
            var wrapped = new LinuxException("adopt", fd.name(), Errno.EIO, "its kind cannot be read from /proc");
            wrapped.initCause(problem);
            throw wrapped;
        }
    }

    /** Returns the descriptor, which stays this object's. */
    public Fd fd() {
        return fd;
    }

    /**
     * Adds 1. A count that is at its limit stays there, and whoever waits is awake all the same. Allocates nothing.
     *
     * @return 0, or the negated errno: {@code -EBADF} after {@link #close}
     */
    public int signal() {
        long result = fd.write(ONE, 8);
        return result == 8 || result == -Errno.EAGAIN ? 0 : (int) result;
    }

    /**
     * Takes the count and sets it to 0. Allocates nothing.
     *
     * @return the count, 0 if there was nothing to take or it is closed
     */
    public long drain() {
        var word = Syscall.words();
        return fd.read(word.address(), 8) == 8 ? word.get(JAVA_LONG, 0) : 0;
    }

    /** Closes the descriptor; again does nothing. */
    @Override
    public void close() {
        fd.close();
    }
}
