package io.vduse4j.linux;

/**
 * Reading, writing and allocating at offsets of a file or block device.
 *
 * <p>Results of type {@code long} are the kernel's or the negated errno; those methods neither throw nor allocate. A
 * short result is returned as it is. Offsets and lengths are bytes, not negative. Calls interrupted by a signal are
 * repeated.
 */
public final class FileIo {
    private FileIo() {}

    /** The most vectors in one call ({@code UIO_MAXIOV}, linux/uio.h). */
    public static final int IOV_MAX = 1024;

    /** Size of {@code struct iovec}: an address and a length of 8 bytes each. */
    public static final int IOVEC_SIZE = 16;

    /** Offset of the address in {@code struct iovec}. */
    public static final int IOVEC_BASE = 0;

    /** Offset of the length in {@code struct iovec}. */
    public static final int IOVEC_LEN = 8;

    /** The data is stable when the write returns (linux/fs.h). */
    public static final int RWF_DSYNC = 2;

    /** Nothing is waited for; what would have to wait is {@code -EAGAIN} (linux/fs.h). */
    public static final int RWF_NOWAIT = 8;

    /** The size of the file does not change (linux/falloc.h). */
    public static final int FALLOC_FL_KEEP_SIZE = 1;

    /** The range reads as zeros and its space is given back; goes with {@link #FALLOC_FL_KEEP_SIZE}. */
    public static final int FALLOC_FL_PUNCH_HOLE = 2;

    /** The range reads as zeros and its space is kept. */
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    /** Looks for what was written (linux/fs.h). */
    public static final int SEEK_DATA = 3;

    /** Looks for what takes no space and reads as zeros; the end of the file counts as one (linux/fs.h). */
    public static final int SEEK_HOLE = 4;

    /**
     * Reads into several buffers.
     *
     * @param iov the address of {@code count} structures {@code iovec}
     * @param count at most {@link #IOV_MAX}
     */
    public static long preadv(Fd fd, long iov, int count, long offset) {
        // On 64-bit machines the low word carries the whole offset and the high one is shifted out.
        return fd.onThis(SyscallNumber.PREADV, iov, count, offset, 0, 0);
    }

    /**
     * Reads into several buffers what is at hand.
     *
     * @param iov the address of {@code count} structures {@code iovec}
     * @param count at most {@link #IOV_MAX}
     * @return as for {@link #preadv}; {@code -EAGAIN} if nothing is at hand, {@code -EOPNOTSUPP} if the file system cannot
     *     tell
     */
    public static long preadvNow(Fd fd, long iov, int count, long offset) {
        return fd.onThis(SyscallNumber.PREADV2, iov, count, offset, 0, RWF_NOWAIT);
    }

    /**
     * Writes from several buffers.
     *
     * @param iov the address of {@code count} structures {@code iovec}
     * @param count at most {@link #IOV_MAX}
     * @param flags 0 or {@link #RWF_DSYNC}
     */
    public static long pwritev(Fd fd, long iov, int count, long offset, int flags) {
        return fd.onThis(SyscallNumber.PWRITEV2, iov, count, offset, 0, flags);
    }

    /** Reads into one buffer. */
    public static long pread(Fd fd, long address, long length, long offset) {
        return fd.onThis(SyscallNumber.PREAD64, address, length, offset, 0, 0);
    }

    /** Writes from one buffer. */
    public static long pwrite(Fd fd, long address, long length, long offset) {
        return fd.onThis(SyscallNumber.PWRITE64, address, length, offset, 0, 0);
    }

    /** Makes the data stable, and as much metadata as is needed to read it again. */
    public static long fdatasync(Fd fd) {
        return fd.onThis(SyscallNumber.FDATASYNC, 0, 0, 0, 0, 0);
    }

    /** Makes data and metadata stable; on a directory, its entries. */
    public static long fsync(Fd fd) {
        return fd.onThis(SyscallNumber.FSYNC, 0, 0, 0, 0, 0);
    }

    /**
     * Allocates, frees or zeroes a range.
     *
     * @param mode 0 or {@code FALLOC_FL_…}; what a file system cannot do is {@code -EOPNOTSUPP}
     */
    public static long fallocate(Fd fd, int mode, long offset, long length) {
        return fd.onThis(SyscallNumber.FALLOCATE, mode, offset, length, 0, 0);
    }

    /**
     * Finds the next data or hole of a file. The position of the open file moves there, which no other method here uses.
     *
     * @param offset where to begin
     * @param whence {@link #SEEK_DATA} or {@link #SEEK_HOLE}
     * @return the offset of the first such byte at {@code offset} or behind it, or {@code -ENXIO}: there is none, or the
     *     file ends before
     */
    public static long seek(Fd fd, long offset, int whence) {
        return fd.onThis(SyscallNumber.LSEEK, offset, whence, 0, 0, 0);
    }

    /** Sets the size of a file. */
    public static void truncate(Fd fd, long size) throws LinuxException {
        Syscall.orThrow(fd.onThis(SyscallNumber.FTRUNCATE, size, 0, 0, 0, 0), "truncate", fd.name());
    }

    /** Returns what the kernel knows of an open file. */
    public static FileStatus status(Fd fd) throws LinuxException {
        return FileStatus.of(fd);
    }

    /** Tells whether an open file lies on a file system in memory, tmpfs for one: it is gone with the power. */
    public static boolean isInMemory(Fd fd) throws LinuxException {
        return FileSystem.of(fd).isInMemory();
    }

    /** Returns what the kernel knows of a path; symbolic links are followed. */
    public static FileStatus status(String path) throws LinuxException {
        return FileStatus.of(path);
    }
}
