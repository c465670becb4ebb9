package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;

/**
 * Holes of a regular file or memfd, as its file system tells them. Space that is reserved and was never written counts as
 * a hole there, and file systems without holes call everything data.
 */
public final class FileExtents {
    private FileExtents() {}

    /**
     * Answers {@link Backend#extent} for a volume that is a file. Any thread that may block; several at once.
     *
     * @param fd whose position is nobody's: it is moved
     * @param offset first byte, a multiple of the block size
     * @param length in bytes, likewise; the range lies within the volume
     * @param blockSize of the volume in bytes: a block with any data is data
     * @throws LinuxException with the errno of the file system
     */
    public static Extent at(Fd fd, long offset, long length, int blockSize) throws LinuxException {
        long end = offset + length;
        long data = FileIo.seek(fd, offset, FileIo.SEEK_DATA);
        if (data == -Errno.ENXIO) {
            // Nothing of the file is left, or no data. What was cut off does not read as zeroes but fails (DU-06).
            return FileIo.status(fd).size() < end ? Extent.data(length) : Extent.sparse(length);
        }
        long hole = Math.min(end, check(fd, data) & -blockSize) - offset;
        if (hole > 0) {
            return Extent.sparse(hole);
        }
        long after = FileIo.seek(fd, data, FileIo.SEEK_HOLE);
        if (after == -Errno.ENXIO) {
            return Extent.data(length); // cut off since
        }
        long known = Math.ceilDiv(check(fd, after), blockSize) * blockSize;
        // The hole may have moved to where the data was found, since: a block of data is right all the same.
        return Extent.data(Math.clamp(known - offset, blockSize, length));
    }

    private static long check(Fd fd, long found) throws LinuxException {
        if (found < 0) {
            throw new LinuxException("lseek", fd.name(), (int) -found);
        }
        return found;
    }
}
