package io.vduse4j.embedded.virtio;

import static io.vduse4j.embedded.vdpa.DmaDomain.Direction.FROM_DEVICE;
import static io.vduse4j.embedded.vdpa.DmaDomain.Direction.TO_DEVICE;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.DmaDomain.Direction;
import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One request to the device. Header, each piece of data, status, and the indirect table are mappings of their own, as
 * Linux makes them (kernel-behaviour 7.3). One thread at a time: the submitter until the queue has it, then the one that
 * takes it from the queue.
 */
final class BlkPiece {

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Mapped(long iova, MemorySegment memory, Direction direction) {}

    private final BlkOperation operation;
    private final int type;
    private final MemorySegment data;
    private final MemorySegment header = MemorySegment.ofArray(new long[BlkRequest.HEADER_BYTES / Long.BYTES]);
    private final MemorySegment status = MemorySegment.ofArray(new byte[1]);
    private final List<Mapped> mappings = new ArrayList<>();
    private final ChainBuffers chain = new ChainBuffers();
    private long table;

    private BlkPiece(BlkOperation operation, int type, long sector, MemorySegment data) {
        this.operation = operation;
        this.type = type;
        this.data = data;
        header.set(LE32, BlkRequest.TYPE, type);
        header.set(LE64, BlkRequest.SECTOR, sector);
    }

    /** Reads into, or writes from, memory whose length is that of the request; or no data at all. */
    static BlkPiece data(BlkOperation operation, int type, long offset, MemorySegment data) {
        return new BlkPiece(operation, type, offset / BlkRequest.SECTOR_BYTES, data);
    }

    /** Discards or zeroes one range. */
    static BlkPiece range(BlkOperation operation, int type, long offset, long length, int flags) {
        MemorySegment range = MemorySegment.ofArray(new long[BlkRequest.SEGMENT_BYTES / Long.BYTES]);
        range.set(LE64, 0, offset / BlkRequest.SECTOR_BYTES);
        range.set(LE32, BlkRequest.SEGMENT_SECTORS, (int) (length / BlkRequest.SECTOR_BYTES));
        range.set(LE32, BlkRequest.SEGMENT_FLAGS, flags);
        return new BlkPiece(operation, type, 0, range);
    }

    BlkOperation operation() {
        return operation;
    }

    /** Descriptors of the queue that the request takes. */
    int descriptors(BlkLimits limits, boolean indirect) {
        return indirect ? 1 : BlkLimits.FRAME_DESCRIPTORS + segments(limits);
    }

    private int segments(BlkLimits limits) {
        return Math.toIntExact((data.byteSize() + limits.segmentBytes() - 1) / limits.segmentBytes());
    }

    /** Maps everything, or nothing. @return false if there was no room */
    boolean map(DmaDomain domain, BlkLimits limits, BlkQueue queue) {
        boolean mapped = false;
        try {
            mapped = mapAll(domain, limits, queue);
        } finally {
            if (!mapped) {
                release(domain);
            }
        }
        return mapped;
    }

    private boolean mapAll(DmaDomain domain, BlkLimits limits, BlkQueue queue) {
        chain.clear();
        boolean reads = type == BlkRequest.IN;
        if (!map(domain, header, TO_DEVICE)) {
            return false;
        }
        for (long at = 0; at < data.byteSize(); at += limits.segmentBytes()) {
            long length = Math.min(limits.segmentBytes(), data.byteSize() - at);
            if (!map(domain, data.asSlice(at, length), reads ? FROM_DEVICE : TO_DEVICE)) {
                return false;
            }
        }
        if (!map(domain, status, FROM_DEVICE)) {
            return false;
        }
        return !queue.indirect() || mapTable(domain, queue.packed());
    }

    /** The table is copied into the bounce buffer as it is mapped, so it is written before. */
    private boolean mapTable(DmaDomain domain, boolean packed) {
        long words = SplitRing.descBytes(chain.count()) / Long.BYTES;
        MemorySegment entries = MemorySegment.ofArray(new long[(int) words]);
        chain.writeTable(entries, packed);
        table = domain.map(entries, TO_DEVICE);
        if (table == DmaDomain.MAPPING_ERROR) {
            return false;
        }
        mappings.add(new Mapped(table, entries, TO_DEVICE));
        return true;
    }

    private boolean map(DmaDomain domain, MemorySegment memory, Direction direction) {
        long iova = domain.map(memory, direction);
        if (iova == DmaDomain.MAPPING_ERROR) {
            return false;
        }
        mappings.add(new Mapped(iova, memory, direction));
        if (direction == TO_DEVICE) {
            chain.readable(iova, memory.byteSize());
        } else {
            chain.writable(iova, memory.byteSize());
        }
        return true;
    }

    /** The buffers, mapped. */
    ChainBuffers chain() {
        return chain;
    }

    /** Device address of the indirect table. */
    long table() {
        return table;
    }

    /**
     * Takes everything back from the device, which is done. Data is copied out if the device says that it succeeded.
     *
     * @param usedLength bytes that the device says it has written; without any there is no status either, and what
     *     stands in its place is of an earlier request
     * @return 0, or the errno that the status means
     */
    int takeBack(DmaDomain domain, long usedLength) {
        try {
            unmapStatus(domain);
            int errno = usedLength == 0 ? Errno.EIO : errno(status.get(ValueLayout.JAVA_BYTE, 0));
            if (errno == 0 && type == BlkRequest.IN && !operation.copyOut(() -> copyOut(domain))) {
                return Errno.ECANCELED;
            }
            return errno;
        } catch (IllegalStateException | WrongThreadException closed) {
            return Errno.EFAULT; // the user has freed the memory that he reads into
        } finally {
            release(domain);
        }
    }

    private void unmapStatus(DmaDomain domain) {
        for (int i = mappings.size() - 1; i >= 0; i--) {
            Mapped mapped = mappings.get(i);
            if (mapped.memory().equals(status)) {
                mappings.remove(i);
                domain.unmap(mapped.iova(), status, FROM_DEVICE);
                return;
            }
        }
    }

    private void copyOut(DmaDomain domain) {
        while (!mappings.isEmpty()) {
            // Taken off first: an unmap whose copy fails has given the address back all the same.
            Mapped mapped = mappings.removeLast();
            domain.unmap(mapped.iova(), mapped.memory(), mapped.direction());
        }
    }

    private static int errno(byte status) {
        return switch (status) {
            case BlkRequest.S_OK -> 0;
            case BlkRequest.S_UNSUPP -> Errno.EOPNOTSUPP;
            default -> Errno.EIO;
        };
    }

    /** Gives all addresses back and copies nothing out. */
    void release(DmaDomain domain) {
        while (!mappings.isEmpty()) {
            Mapped mapped = mappings.removeLast();
            domain.unmap(mapped.iova(), mapped.memory(), TO_DEVICE);
        }
    }

    /** What the request is, for messages. */
    @Override
    public String toString() {
        return switch (type) {
                    case BlkRequest.IN -> "read";
                    case BlkRequest.OUT -> "write";
                    case BlkRequest.FLUSH -> "flush";
                    case BlkRequest.DISCARD -> "discard";
                    case BlkRequest.WRITE_ZEROES -> "write-zeroes";
                    default -> "request of type " + type;
                }
                + (type == BlkRequest.IN || type == BlkRequest.OUT
                        ? " of " + data.byteSize() + " bytes at sector " + header.get(LE64, BlkRequest.SECTOR)
                        : "");
    }
}
