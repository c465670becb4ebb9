package io.vduse4j.linux;

import java.lang.foreign.Arena;

/** Files that live in memory and have no path, to be mapped and passed to others; see {@code memfd_create(2)}. */
public final class Memfd {
    private Memfd() {}

    /** No more seals (linux/fcntl.h). */
    public static final int F_SEAL_SEAL = 1;

    /** Cannot shrink: whoever maps it is safe from {@code SIGBUS}. */
    public static final int F_SEAL_SHRINK = 2;

    /** Cannot grow. */
    public static final int F_SEAL_GROW = 4;

    /** Cannot be written. */
    public static final int F_SEAL_WRITE = 8;

    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;

    /**
     * Makes a file of zeros that can be sealed.
     *
     * @param name shown in {@code /proc}; at most 249 bytes
     * @param size bytes
     */
    public static Fd create(String name, long size) throws LinuxException {
        Fd fd;
        try (var arena = Arena.ofConfined()) {
            var bytes = NativeStrings.allocate(arena, name);
            long number = Syscall.call(SyscallNumber.MEMFD_CREATE, bytes.address(), MFD_CLOEXEC | MFD_ALLOW_SEALING, 0);
            fd = Fd.adopt((int) Syscall.orThrow(number, "memfd_create", name), "memfd:" + name);
        }
        try {
            FileIo.truncate(fd, size);
            return fd;
        } catch (LinuxException | RuntimeException problem) {
            fd.close();
            throw problem;
        }
    }

    /**
     * Adds seals; they cannot be taken off.
     *
     * @param seals of {@code F_SEAL_…}
     */
    public static void seal(Fd fd, int seals) throws LinuxException {
        Syscall.orThrow(fd.onThis(SyscallNumber.FCNTL, F_ADD_SEALS, seals, 0, 0, 0), "seal", fd.name());
    }

    /**
     * Returns the seals of a file; EINVAL for a file of a kind that has none.
     *
     * @return of {@code F_SEAL_…}
     */
    public static int seals(Fd fd) throws LinuxException {
        return (int) Syscall.orThrow(fd.onThis(SyscallNumber.FCNTL, F_GET_SEALS, 0, 0, 0, 0), "get seals", fd.name());
    }
}
