package io.vduse4j.backend.file;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.block.Extent;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileStatus;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A host block device. */
final class DeviceStorage implements Storage {
    private static final int LARGEST_GRANULARITY = 1 << 30;

    private final Fd fd;
    private final int granularity;
    private final MemorySegment range;

    /**
     * Looks at an open device.
     *
     * @param memory pays for an argument
     */
    DeviceStorage(Fd fd, FileStatus status, MemoryBudget memory) throws LinuxException {
        this.fd = fd;
        this.range = memory.allocate(BlockIoctls.RANGE_SIZE, 8);
        var queue = new QueueAttributes(status.deviceMajor(), status.deviceMinor());
        boolean can = queue.discardMaxBytes().orElse(1) > 0;
        int logical = logicalBlockSize();
        long unit = queue.discardGranularity().orElse(logical);
        boolean usable = Long.bitCount(unit) == 1 && unit >= logical && unit <= LARGEST_GRANULARITY;
        this.granularity = can ? (int) (usable ? unit : logical) : 0;
    }

    @Override
    public long size() throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(JAVA_LONG);
            ask("BLKGETSIZE64", BlockIoctls.BLKGETSIZE64, bytes);
            return bytes.get(JAVA_LONG, 0);
        }
    }

    /** Size of a logical block in bytes. */
    int logicalBlockSize() throws LinuxException {
        return askInt("BLKSSZGET", BlockIoctls.BLKSSZGET);
    }

    /** Size of a physical block in bytes. */
    int physicalBlockSize() throws LinuxException {
        return askInt("BLKPBSZGET", BlockIoctls.BLKPBSZGET);
    }

    /** Tells whether it refuses writes. */
    boolean isReadOnly() throws LinuxException {
        return askInt("BLKROGET", BlockIoctls.BLKROGET) != 0;
    }

    private int askInt(String name, long request) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(JAVA_INT);
            ask(name, request, value);
            return value.get(JAVA_INT, 0);
        }
    }

    private void ask(String name, long request, MemorySegment answer) throws LinuxException {
        long result = fd.ioctl(request, answer.address());
        if (result < 0) {
            throw new LinuxException(name, fd.name(), (int) -result);
        }
    }

    @Override
    public void grow(long bytes) throws LinuxException {
        throw new LinuxException(
                "resize",
                fd.name(),
                Errno.EOPNOTSUPP,
                "a device is grown where it comes from (lvextend, ...); its new size is seen within a second");
    }

    /** Linux does not tell what a device has mapped. */
    @Override
    public Extent extent(long offset, long length, int blockSize) {
        return Extent.data(length);
    }

    @Override
    public boolean isVolatile() {
        return false;
    }

    @Override
    public int discardGranularity() {
        return granularity;
    }

    /** Whether the device's holes read as zeroes is not known, so zeroing always keeps the space (DU-10). */
    @Override
    public boolean canUnmapZeroes() {
        return false;
    }

    @Override
    public int discard(long offset, long length) {
        long start = Math.ceilDiv(offset, granularity) * granularity;
        long end = (offset + length) / granularity * granularity;
        if (start >= end) {
            return 0;
        }
        int errno = control(BlockIoctls.BLKDISCARD, start, end - start);
        // A discard without effect is legal.
        return errno == Errno.EOPNOTSUPP ? 0 : errno;
    }

    @Override
    public int zero(long offset, long length, boolean unmap) {
        return control(BlockIoctls.BLKZEROOUT, offset, length);
    }

    private int control(long request, long start, long length) {
        range.set(JAVA_LONG, BlockIoctls.RANGE_START, start);
        range.set(JAVA_LONG, BlockIoctls.RANGE_LENGTH, length);
        long result = fd.ioctl(request, range.address());
        return result < 0 ? (int) -result : 0;
    }
}
