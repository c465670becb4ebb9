package io.vduse4j.linux;

/**
 * A range of the address space that this object owns: a shared mapping of a file, or anonymous memory.
 *
 * <p>It is used by its address, through {@link NativeMemory#ALL} or in system calls, and nothing checks that it is still
 * there. So whoever shares it first replaces it ({@link #replaceWithEmpty}), which makes late accesses harmless, and
 * closes it when nobody can access it any more (J-02). Any thread may call any method.
 */
public final class Mapping implements AutoCloseable {
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;

    private final String name;
    private final long base;
    private final long mappedLength;
    private final long address;
    private final long length;
    private final int protection;
    private boolean replaced;
    private boolean closed;

    private Mapping(String name, long base, long mappedLength, long address, long length, int protection) {
        this.name = name;
        this.base = base;
        this.mappedLength = mappedLength;
        this.address = address;
        this.length = length;
        this.protection = protection;
    }

    /**
     * Maps a part of a file so that its writers and this process see each other's changes. Whole pages are mapped, huge
     * ones for a file of hugetlbfs, so the part may begin and end anywhere.
     *
     * <p>The mapping keeps the file, not the descriptor. What lies beyond the end of the file, or is cut off later,
     * gives {@code InternalError} in Java and EFAULT in a system call, and ends the JVM in native code (J-01).
     *
     * @param offset bytes, not negative
     * @param length bytes, more than 0
     */
    public static Mapping shared(Fd fd, long offset, long length, boolean read, boolean write) throws LinuxException {
        if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("not a range: offset " + offset + ", length " + length);
        }
        long unit = MappingUnit.of(fd);
        long start = offset & -unit;
        long end = offset + length;
        if (end > Long.MAX_VALUE - unit) {
            throw new IllegalArgumentException("not a range: offset " + offset + ", length " + length);
        }
        long mappedLength = ((end + unit - 1) & -unit) - start;
        int protection = (read ? PROT_READ : 0) | (write ? PROT_WRITE : 0);
        int number = fd.enter();
        if (number < 0) {
            throw new LinuxException("mmap", fd.name(), Errno.EBADF);
        }
        long base;
        try {
            base = Syscall.call(SyscallNumber.MMAP, 0, mappedLength, protection, MAP_SHARED, number, start);
        } finally {
            fd.leave();
        }
        Syscall.orThrow(base, "mmap", fd.name());
        return new Mapping(fd.name(), base, mappedLength, base + (offset - start), length, protection);
    }

    /**
     * Maps zeros that belong to this process alone. Pages are taken from the system when they are first touched.
     *
     * @param length bytes, more than 0; rounded up to pages
     */
    public static Mapping anonymous(long length) throws LinuxException {
        long unit = NativeMemory.pageSize();
        if (length <= 0 || length > Long.MAX_VALUE - unit) {
            throw new IllegalArgumentException("not a length: " + length);
        }
        long mappedLength = (length + unit - 1) & -unit;
        int protection = PROT_READ | PROT_WRITE;
        long base = Syscall.orThrow(
                Syscall.call(SyscallNumber.MMAP, 0, mappedLength, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                "mmap",
                "anonymous memory");
        return new Mapping("anonymous memory", base, mappedLength, base, length, protection);
    }

    /** Returns where the asked offset is. */
    public long address() {
        return address;
    }

    /** Returns the asked length in bytes. */
    public long length() {
        return length;
    }

    /**
     * Puts an empty file in the place of the mapped one, in one step: from then on the file is not reached any more, an
     * access from Java throws {@code InternalError} and a system call with such an address gives EFAULT. The addresses
     * stay taken until {@link #close}. Does nothing if replaced or closed already.
     */
    public synchronized void replaceWithEmpty() throws LinuxException {
        if (replaced || closed) {
            return;
        }
        var empty = EmptyFile.get();
        Syscall.orThrow(
                Syscall.call(
                        SyscallNumber.MMAP, base, mappedLength, protection, MAP_SHARED | MAP_FIXED, empty.number(), 0),
                "mmap (replace)",
                name);
        replaced = true;
    }

    /** Tells whether {@link #replaceWithEmpty} was done. */
    public synchronized boolean isReplaced() {
        return replaced;
    }

    /**
     * Unmaps; again does nothing. The caller sees to it that nobody accesses the range any more: a late access may hit
     * what is mapped there next, or end the JVM.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        long result = Syscall.call(SyscallNumber.MUNMAP, base, mappedLength, 0);
        if (result < 0) {
            // Only a wrong range, or no room to split a merged one: never the fault of a peer.
            throw new IllegalStateException("munmap " + this + ": " + Errno.name((int) -result));
        }
    }

    /** Returns name and range. */
    @Override
    public String toString() {
        return "%s at 0x%x, %d bytes".formatted(name, address, length);
    }

    /** One file of length 0 for the whole process, that cannot grow. */
    private static final class EmptyFile {
        private static Fd empty;

        static synchronized Fd get() throws LinuxException {
            if (empty == null) {
                var fd = Memfd.create("vduse4j-empty", 0);
                try {
                    Memfd.seal(fd, Memfd.F_SEAL_GROW | Memfd.F_SEAL_SEAL);
                } catch (LinuxException | RuntimeException problem) {
                    fd.close();
                    throw problem;
                }
                empty = fd;
            }
            return empty;
        }
    }
}
