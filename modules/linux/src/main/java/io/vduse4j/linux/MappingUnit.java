package io.vduse4j.linux;

/** The unit in which a file can be mapped: a page, or a huge page for a file of hugetlbfs. */
final class MappingUnit {
    private MappingUnit() {}

    static long of(Fd fd) throws LinuxException {
        var fileSystem = FileSystem.of(fd);
        return fileSystem.type() == FileSystem.HUGETLBFS_MAGIC ? fileSystem.blockBytes() : NativeMemory.pageSize();
    }
}
