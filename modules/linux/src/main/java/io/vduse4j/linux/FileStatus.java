package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What {@code statx(2)} tells of a file.
 *
 * @param mode type and permissions, as {@code st_mode}
 * @param size bytes; 0 for a device
 * @param blocks512 how many units of 512 bytes are allocated
 * @param deviceMajor of the device that a device node stands for, else 0
 * @param deviceMinor of the device that a device node stands for, else 0
 * @param fileSystemMajor of the device that holds the file; with the minor and the inode it tells files apart
 * @param fileSystemMinor of the device that holds the file
 * @param inode the number within the file system
 * @param links how many names the file has
 * @param blockSize the size that the file system prefers for I/O, bytes
 * @param uid the owner
 * @param gid the owning group
 */
public record FileStatus(
        int mode,
        long size,
        long blocks512,
        int deviceMajor,
        int deviceMinor,
        int fileSystemMajor,
        int fileSystemMinor,
        long inode,
        int links,
        int blockSize,
        int uid,
        int gid) {

    static FileStatus of(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(StatxLayout.SIZE, 8);
            var path = NativeStrings.allocate(arena, "");
            Syscall.orThrow(
                    fd.onThis(
                            SyscallNumber.STATX,
                            path.address(),
                            StatxLayout.AT_EMPTY_PATH,
                            StatxLayout.STATX_BASIC_STATS,
                            buffer.address(),
                            0),
                    "statx",
                    fd.name());
            return from(buffer);
        }
    }

    static FileStatus of(String path) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(StatxLayout.SIZE, 8);
            var name = NativeStrings.allocate(arena, path);
            Syscall.orThrow(
                    Syscall.retry(
                            SyscallNumber.STATX,
                            OpenFlags.AT_FDCWD,
                            name.address(),
                            0,
                            StatxLayout.STATX_BASIC_STATS,
                            buffer.address(),
                            0),
                    "statx",
                    path);
            return from(buffer);
        }
    }

    private static FileStatus from(MemorySegment statx) {
        return new FileStatus(
                Short.toUnsignedInt(statx.get(JAVA_SHORT, StatxLayout.MODE)),
                statx.get(JAVA_LONG, StatxLayout.FILE_SIZE),
                statx.get(JAVA_LONG, StatxLayout.BLOCKS),
                statx.get(JAVA_INT, StatxLayout.RDEV_MAJOR),
                statx.get(JAVA_INT, StatxLayout.RDEV_MINOR),
                statx.get(JAVA_INT, StatxLayout.DEV_MAJOR),
                statx.get(JAVA_INT, StatxLayout.DEV_MINOR),
                statx.get(JAVA_LONG, StatxLayout.INO),
                statx.get(JAVA_INT, StatxLayout.NLINK),
                statx.get(JAVA_INT, StatxLayout.BLKSIZE),
                statx.get(JAVA_INT, StatxLayout.UID),
                statx.get(JAVA_INT, StatxLayout.GID));
    }

    private boolean is(int type) {
        return (mode & StatxLayout.S_IFMT) == type;
    }

    /** Tells whether it is a regular file. */
    public boolean isRegular() {
        return is(StatxLayout.S_IFREG);
    }

    /** Tells whether it is a directory. */
    public boolean isDirectory() {
        return is(StatxLayout.S_IFDIR);
    }

    /** Tells whether it is a block device. */
    public boolean isBlockDevice() {
        return is(StatxLayout.S_IFBLK);
    }

    /** Tells whether it is a character device. */
    public boolean isCharacterDevice() {
        return is(StatxLayout.S_IFCHR);
    }

    /** Tells whether it is a Unix socket. */
    public boolean isSocket() {
        return is(StatxLayout.S_IFSOCK);
    }

    /** Returns the permission bits, 0 to 07777. */
    public int permissions() {
        return mode & 07777;
    }

    /** Tells whether both are one and the same file, under whatever names. */
    public boolean isSameFile(FileStatus other) {
        return inode == other.inode
                && fileSystemMajor == other.fileSystemMajor
                && fileSystemMinor == other.fileSystemMinor;
    }
}
