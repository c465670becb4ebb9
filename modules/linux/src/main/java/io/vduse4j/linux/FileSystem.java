package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;

/**
 * What {@code fstatfs(2)} tells of the file system that a file lies on.
 *
 * @param type its magic number (linux/magic.h)
 * @param blockBytes its preferred transfer; on hugetlbfs the size of a huge page
 */
record FileSystem(long type, long blockBytes) {
    static final long HUGETLBFS_MAGIC = 0x958458f6L;
    static final long TMPFS_MAGIC = 0x01021994L;
    static final long RAMFS_MAGIC = 0x858458f6L;

    /** {@code struct statfs} (asm-generic/statfs.h). */
    static final int STATFS_SIZE = 120;

    static final int STATFS_TYPE = 0;
    static final int STATFS_BSIZE = 8;

    /** Asks the kernel. */
    static FileSystem of(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var statfs = arena.allocate(STATFS_SIZE, 8);
            Syscall.orThrow(fd.onThis(SyscallNumber.FSTATFS, statfs.address(), 0, 0, 0, 0), "fstatfs", fd.name());
            return new FileSystem(statfs.get(JAVA_LONG, STATFS_TYPE), statfs.get(JAVA_LONG, STATFS_BSIZE));
        }
    }

    /** Whether it lies in memory of this machine, and is gone with it. */
    boolean isInMemory() {
        return type == TMPFS_MAGIC || type == RAMFS_MAGIC || type == HUGETLBFS_MAGIC;
    }
}
