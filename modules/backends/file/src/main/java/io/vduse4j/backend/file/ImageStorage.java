package io.vduse4j.backend.file;

import io.vduse4j.block.Extent;
import io.vduse4j.block.FileExtents;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;

/** A regular file. No request changes its size (DU-09). */
final class ImageStorage implements Storage {
    private static final int PUNCH = FileIo.FALLOC_FL_PUNCH_HOLE | FileIo.FALLOC_FL_KEEP_SIZE;
    private static final int ZERO = FileIo.FALLOC_FL_ZERO_RANGE | FileIo.FALLOC_FL_KEEP_SIZE;
    private static final int PAGE = 4096;
    private static final int LARGEST_GRANULARITY = 1 << 20;

    private static final int ZEROES_BYTES = 256 << 10;

    private final Fd fd;
    private final int granularity;
    private final boolean inMemory;
    private final boolean canPunch;

    /** Address of {@link #ZEROES_BYTES} zeroes, aligned for O_DIRECT. */
    private final long zeroes;

    private boolean canZeroRange = true;

    /**
     * Looks at an open file.
     *
     * @param writable false: nothing is tried that changes it
     * @param blockSize of the volume in bytes
     * @param memory pays for a buffer
     */
    ImageStorage(Fd fd, FileStatus status, boolean writable, int blockSize, MemoryBudget memory) throws LinuxException {
        this.fd = fd;
        int preferred = status.blockSize();
        boolean usable = Integer.bitCount(preferred) == 1 && preferred >= PAGE && preferred <= LARGEST_GRANULARITY;
        this.granularity = Math.max(usable ? preferred : PAGE, blockSize);
        this.inMemory = FileIo.isInMemory(fd);
        this.canPunch = writable && canPunch(status.size());
        this.zeroes = writable ? memory.allocate(ZEROES_BYTES, PAGE).address() : 0;
    }

    /** Whether the file system makes holes, asked behind the end of the file: there is nothing to lose. */
    private boolean canPunch(long size) throws LinuxException {
        long behind = Math.ceilDiv(size, granularity) * granularity;
        long result = FileIo.fallocate(fd, PUNCH, behind, granularity);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS) {
            return false;
        }
        if (result < 0) {
            throw new LinuxException("fallocate", fd.name(), (int) -result);
        }
        return true;
    }

    @Override
    public long size() throws LinuxException {
        return FileIo.status(fd).size();
    }

    /** What is new is a hole. */
    @Override
    public void grow(long bytes) throws LinuxException {
        FileIo.truncate(fd, bytes);
    }

    @Override
    public Extent extent(long offset, long length, int blockSize) throws LinuxException {
        return FileExtents.at(fd, offset, length, blockSize);
    }

    @Override
    public boolean isVolatile() {
        return inMemory;
    }

    @Override
    public int discardGranularity() {
        return canPunch ? granularity : 0;
    }

    @Override
    public boolean canUnmapZeroes() {
        return canPunch;
    }

    @Override
    public int discard(long offset, long length) {
        long start = Math.ceilDiv(offset, granularity) * granularity;
        long end = (offset + length) / granularity * granularity;
        if (start >= end) {
            return 0;
        }
        long result = FileIo.fallocate(fd, PUNCH, start, end - start);
        // A discard without effect is legal.
        return result == -Errno.EOPNOTSUPP ? 0 : errno(result);
    }

    @Override
    public int zero(long offset, long length, boolean unmap) {
        if (unmap && canPunch) {
            long result = FileIo.fallocate(fd, PUNCH, offset, length);
            if (result != -Errno.EOPNOTSUPP) {
                return errno(result);
            }
            // What was possible when the file was opened need not be so for ever: after a remount, or on a network.
        }
        if (canZeroRange) {
            long result = FileIo.fallocate(fd, ZERO, offset, length);
            if (result != -Errno.EOPNOTSUPP) {
                return errno(result);
            }
            canZeroRange = false;
        }
        return write(offset, length);
    }

    private int write(long offset, long length) {
        long done = 0;
        while (done < length) {
            long result = FileIo.pwrite(fd, zeroes, Math.min(ZEROES_BYTES, length - done), offset + done);
            if (result <= 0) {
                return result == 0 ? Errno.EIO : errno(result);
            }
            done += result;
        }
        return 0;
    }

    private static int errno(long result) {
        return result < 0 ? (int) -result : 0;
    }
}
