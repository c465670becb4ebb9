package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;

/** The unit in which a file can be mapped: a page, or a huge page for a file of hugetlbfs (linux/magic.h). */
final class MappingUnit {
    private MappingUnit() {}

    static final long HUGETLBFS_MAGIC = 0x958458f6L;

    /** {@code struct statfs} (asm-generic/statfs.h). */
    static final int STATFS_SIZE = 120;

    static final int STATFS_TYPE = 0;
    static final int STATFS_BSIZE = 8;

    static long of(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var statfs = arena.allocate(STATFS_SIZE, 8);
            Syscall.orThrow(fd.onThis(SyscallNumber.FSTATFS, statfs.address(), 0, 0, 0, 0), "fstatfs", fd.name());
            return statfs.get(JAVA_LONG, STATFS_TYPE) == HUGETLBFS_MAGIC
                    ? statfs.get(JAVA_LONG, STATFS_BSIZE)
                    : NativeMemory.pageSize();
        }
    }
}
