package io.vduse4j.block.memory;

import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Durability;
import io.vduse4j.block.Extent;
import io.vduse4j.block.FileExtents;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * A volume in a memfd, which takes memory only where something was written. A memfd and not the heap, so that it can be
 * handed on and outlive the process (CR-05).
 */
final class MemoryBackend extends VolatileBackend {
    private static final int PUNCH = FileIo.FALLOC_FL_PUNCH_HOLE | FileIo.FALLOC_FL_KEEP_SIZE;

    private final Fd memfd;
    private final Mapping mapping;

    /** The volume; its bounds are checked on each access, for outside is the memory of others. */
    private final MemorySegment bytes;

    MemoryBackend(VolatileSize size) throws LinuxException {
        super(size);
        memfd = Memfd.create("vduse4j-disk", size.bytes());
        try {
            // Nobody can cut it short under us.
            Memfd.seal(memfd, Memfd.F_SEAL_SHRINK);
            mapping = Mapping.shared(memfd, 0, size.bytes(), true, true);
        } catch (LinuxException | RuntimeException problem) {
            memfd.close();
            throw problem;
        }
        bytes = NativeMemory.ALL.asSlice(mapping.address(), size.bytes());
    }

    /** A memfd that nobody else holds is gone with its last descriptor. */
    @Override
    public Durability durability() {
        return new Durability(Durability.AfterKill.LOST, "it lies in memory of the process that serves it");
    }

    @Override
    public Channel open(int slots, Completions completions) {
        return new MemoryChannel(this, bytes, completions);
    }

    @Override
    int execute(Request request) {
        return switch (request.op) {
            case READ -> copy(request, true);
            case WRITE -> copy(request, false);
            case DISCARD -> discard(request.offset, request.length);
            case WRITE_ZEROES -> zero(request.offset, request.length);
        };
    }

    private int copy(Request request, boolean read) {
        long offset = request.offset;
        for (int i = 0; i < request.iovCount; i++) {
            long address = Iovecs.address(request.iov, i);
            long length = Iovecs.length(request.iov, i);
            if (read) {
                MemorySegment.copy(bytes, offset, NativeMemory.ALL, address, length);
            } else {
                MemorySegment.copy(NativeMemory.ALL, address, bytes, offset, length);
            }
            offset += length;
        }
        return 0;
    }

    /** Gives whole pages back and leaves the edges as they are (DU-09). */
    private int discard(long offset, long length) {
        long page = NativeMemory.pageSize();
        long start = (offset + page - 1) & -page;
        long end = (offset + length) & -page;
        return start < end ? punch(start, end - start) : 0;
    }

    /** Pages are given back whether the driver asks for it or not: there is nothing to reserve them for (DU-10). */
    private int zero(long offset, long length) {
        long page = NativeMemory.pageSize();
        long start = (offset + page - 1) & -page;
        long end = (offset + length) & -page;
        if (start >= end) {
            bytes.asSlice(offset, length).fill((byte) 0);
            return 0;
        }
        bytes.asSlice(offset, start - offset).fill((byte) 0);
        bytes.asSlice(end, offset + length - end).fill((byte) 0);
        return punch(start, end - start);
    }

    private int punch(long offset, long length) {
        long result = FileIo.fallocate(memfd, PUNCH, offset, length);
        return result < 0 ? (int) -result : 0;
    }

    /** Pages that were only read may count as data: reading through a mapping makes them. */
    @Override
    public Extent extent(long offset, long length) throws LinuxException {
        return FileExtents.at(memfd, offset, length, limits().blockSize());
    }

    @Override
    public void close() {
        mapping.close();
        memfd.close();
    }
}
