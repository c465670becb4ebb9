package io.vduse4j.fuzz;

import static io.vduse4j.fuzz.Slots.require;
import static io.vduse4j.fuzz.Slots.same;
import static io.vduse4j.virtio.blk.BlkRequest.S_IOERR;
import static io.vduse4j.virtio.blk.BlkRequest.S_OK;
import static io.vduse4j.virtio.blk.BlkRequest.S_UNSUPP;

import io.vduse4j.block.Limits;
import io.vduse4j.block.Request;
import io.vduse4j.block.Request.Op;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** What has to come of a block request (virtio 1.3, 5.2.6), by a second reading of the rules. */
final class BlkPlan {

    private static final int SECTOR = 512;
    private static final int RANGE = 16;
    private static final int MOST_RANGES = 64;
    private static final MemorySegment SCRATCH = Arena.global().allocate(MOST_RANGES * RANGE);

    /** A request that the backend has to get. */
    private record Step(Op op, long offset, long length, boolean fua, boolean unmap) {}

    private final FuzzMemory memory;
    private final FuzzDisk disk;
    private final Limits limits;
    private final boolean writeThrough;
    private final ModelChain chain;
    private final Deque<Step> steps = new ArrayDeque<>();
    private byte status = S_OK;
    private boolean flush;
    private boolean sayId;
    private long readOffset = -1;
    private long data;

    /** Reads the request of a chain that has a place for its status or has none. */
    BlkPlan(FuzzMemory memory, FuzzDisk disk, boolean writeThrough, ModelChain chain) {
        this.memory = memory;
        this.disk = disk;
        this.limits = disk.limits();
        this.writeThrough = writeThrough;
        this.chain = chain;
        boolean whole = chain.last() >= 0 && chain.fault() == null && chain.readableBytes() >= BlkRequest.HEADER_BYTES;
        if (whole) {
            parse();
        } else {
            status = S_IOERR;
        }
        if (status != S_OK) {
            steps.clear();
        }
    }

    /** Whether it ends by the flush of the volume, from another thread. */
    boolean isFlush() {
        return flush;
    }

    private void parse() {
        MemorySegment header = SCRATCH.asSlice(0, BlkRequest.HEADER_BYTES);
        chain.read(0, header);
        long sector = header.get(FuzzMemory.LE64, BlkRequest.SECTOR);
        long in = chain.writableBytes() - 1;
        long out = chain.readableBytes() - BlkRequest.HEADER_BYTES;
        switch (header.get(FuzzMemory.LE32, BlkRequest.TYPE)) {
            case BlkRequest.IN -> transfer(Op.READ, sector, in, out);
            case BlkRequest.OUT -> transfer(Op.WRITE, sector, out, in);
            case BlkRequest.FLUSH -> flush = true;
            case BlkRequest.GET_ID -> {
                sayId = in == BlkRequest.ID_BYTES;
                data = in;
                status = sayId ? S_OK : S_IOERR;
            }
            case BlkRequest.DISCARD -> ranges(Op.DISCARD, limits.canDiscard(), 0, out);
            case BlkRequest.WRITE_ZEROES -> ranges(Op.WRITE_ZEROES, limits.canWriteZeroes(), 1, out);
            default -> status = S_UNSUPP;
        }
    }

    private void transfer(Op op, long sector, long length, long stray) {
        boolean good = stray == 0
                && length % SECTOR == 0
                && length <= limits.maxTransfer()
                && isInside(sector, length / SECTOR)
                && (op == Op.READ || !limits.readOnly());
        if (!good) {
            status = S_IOERR;
        } else if (length > 0) {
            steps.add(new Step(op, sector * SECTOR, length, op == Op.WRITE && writeThrough, false));
            if (op == Op.READ) {
                readOffset = sector * SECTOR;
                data = length;
            }
        }
    }

    private boolean isInside(long sector, long sectors) {
        int perBlock = limits.blockSize() / SECTOR;
        return sector >= 0
                && sector <= FuzzDisk.SECTORS
                && sectors <= FuzzDisk.SECTORS - sector
                && sector % perBlock == 0
                && sectors % perBlock == 0;
    }

    private void ranges(Op op, boolean can, int knownFlags, long bytes) {
        if (!can && !limits.readOnly()) {
            status = S_UNSUPP;
            return;
        }
        if (limits.readOnly() || bytes % RANGE != 0 || bytes == 0 || bytes > MOST_RANGES * RANGE) {
            status = S_IOERR;
            return;
        }
        MemorySegment all = SCRATCH.asSlice(0, bytes);
        chain.read(BlkRequest.HEADER_BYTES, all);
        for (long at = 0; at < bytes && status == S_OK; at += RANGE) {
            long sector = all.get(FuzzMemory.LE64, at);
            long sectors = Integer.toUnsignedLong(all.get(FuzzMemory.LE32, at + BlkRequest.SEGMENT_SECTORS));
            int flags = all.get(FuzzMemory.LE32, at + BlkRequest.SEGMENT_FLAGS);
            if ((flags | knownFlags) != knownFlags) {
                status = S_UNSUPP;
            } else if (!isInside(sector, sectors) || sectors * SECTOR > limits.maxZeroes()) {
                status = S_IOERR;
            } else if (sectors > 0) {
                boolean fua = writeThrough && op == Op.WRITE_ZEROES;
                steps.add(new Step(op, sector * SECTOR, sectors * SECTOR, fua, flags != 0));
            }
        }
    }

    /** The backend gets a request; if it will not fail, what it changes on the disk is foretold. */
    void step(Request request, int errno) {
        Step due = steps.poll();
        require(due != null, "a request too many at the backend");
        boolean ranged = due.op() == Op.DISCARD || due.op() == Op.WRITE_ZEROES;
        boolean unmap = ranged && request.unmap;
        same(new Step(request.op, request.offset, request.length, request.fua, unmap), due, "request at the backend");
        if (errno != 0) {
            status = S_IOERR;
            steps.clear();
        } else if (due.op() == Op.WRITE) {
            chain.read(BlkRequest.HEADER_BYTES, disk.expected(due.offset(), due.length()));
        } else if (ranged) {
            disk.expected(due.offset(), due.length()).fill((byte) 0);
        }
    }

    /** The chain comes back: what it holds now is foretold. Returns the used length. */
    long end(MemorySegment id) {
        require(steps.isEmpty(), "a chain is back before the backend had all of it");
        if (chain.last() < 0) {
            return 0;
        }
        long written = 0;
        if (status != S_OK) {
            chain.zero();
        } else if (readOffset >= 0) {
            written = data;
            chain.write(disk.expected(readOffset, data));
        } else if (sayId) {
            written = data;
            chain.write(id);
        }
        memory.expect8(chain.last(), status);
        return written + 1;
    }
}
