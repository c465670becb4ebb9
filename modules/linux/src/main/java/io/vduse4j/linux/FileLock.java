package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;

/**
 * Locks that belong to an open file description, not to the process. Such a lock outlives {@code close} and even the
 * death of the process while the kernel still works on a request of that descriptor, so a successor that has it knows
 * that its predecessor writes no more (J-12, CR-07). For that it must be taken on the very descriptor used for I/O.
 *
 * <p>A lock is held until every duplicate of the descriptor is closed.
 */
public final class FileLock {
    private FileLock() {}

    static final int LOCK_SH = 1;
    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;
    static final int F_OFD_SETLK = 37;
    static final int F_RDLCK = 0;
    static final int F_WRLCK = 1;

    /** {@code struct flock} (asm-generic/fcntl.h). */
    static final int FLOCK_SIZE = 32;

    static final int FLOCK_TYPE = 0;

    /**
     * Takes a {@code flock(2)} lock on the whole file, or changes the one that is held. Does not wait.
     *
     * @param exclusive true: nobody else has it; false: others may share it
     * @return false if another open file description holds it
     */
    public static boolean tryLock(Fd fd, boolean exclusive) throws LinuxException {
        long result = fd.onThis(SyscallNumber.FLOCK, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB, 0, 0, 0, 0);
        return taken(result, "flock", fd, "");
    }

    /**
     * Takes an OFD lock on the whole file, the kind that QEMU uses and that works over NFS, or changes the one that is
     * held. Does not wait. Locks of this kind and of {@link #tryLock} do not see each other.
     *
     * @param exclusive true needs a descriptor that may write, false one that may read
     * @return false if another open file description, or the POSIX lock of a process, holds it
     */
    public static boolean tryOfdLock(Fd fd, boolean exclusive) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            // Whence, start and length 0 are the whole file; the process id must be 0.
            var flock = arena.allocate(FLOCK_SIZE, 8);
            flock.set(JAVA_SHORT, FLOCK_TYPE, (short) (exclusive ? F_WRLCK : F_RDLCK));
            long result = fd.onThis(SyscallNumber.FCNTL, F_OFD_SETLK, flock.address(), 0, 0, 0);
            return taken(result, "OFD lock", fd, "is it open for " + (exclusive ? "writing?" : "reading?"));
        }
    }

    private static boolean taken(long result, String call, Fd fd, String hintForBadf) throws LinuxException {
        if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
            return false;
        }
        if (result < 0) {
            throw new LinuxException(call, fd.name(), (int) -result, result == -Errno.EBADF ? hintForBadf : "");
        }
        return true;
    }
}
