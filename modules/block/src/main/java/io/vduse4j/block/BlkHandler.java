package io.vduse4j.block;

import static io.vduse4j.virtio.blk.BlkRequest.HEADER_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.ID_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.SECTOR_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_BYTES;
import static io.vduse4j.virtio.blk.BlkRequest.SEGMENT_UNMAP;
import static io.vduse4j.virtio.blk.BlkRequest.S_IOERR;
import static io.vduse4j.virtio.blk.BlkRequest.S_OK;
import static io.vduse4j.virtio.blk.BlkRequest.S_UNSUPP;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.Ordering;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The requests of a disk on one worker: the header is parsed, everything is checked, and what is left goes to the
 * backend. Whatever a driver writes ends in a status byte.
 */
final class BlkHandler implements QueueHandler, Completions {

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Backend backend;
    private final BlkShape shape;
    private final Limits limits;
    private final HandlerContext context;
    private final WriteMode mode;
    private final Ordering ordering;
    private final MemorySegment header;
    private final MemorySegment id;
    private final BlkSlot[] slots;
    private final Channel channel;
    private final FlushPort flushes;
    private int outstanding;

    BlkHandler(Backend backend, BlkShape shape, FlushCoalescer flushes, HandlerContext context, WriteMode mode)
            throws IOException {
        this.backend = backend;
        this.shape = shape;
        this.context = context;
        limits = shape.limits();
        this.mode = mode;
        ordering = backend.keepsData() ? context.ordering() : Ordering.NONE;
        header = context.allocate(HEADER_BYTES, HEADER_BYTES);
        id = context.allocate(ID_BYTES, 1);
        byte[] serial = shape.options().serial().getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(serial, 0, id, ValueLayout.JAVA_BYTE, 0, serial.length);
        slots = new BlkSlot[context.slots()];
        MemorySegment ranges = context.allocate((long) slots.length * BlkSlot.RANGES_BYTES, SEGMENT_BYTES);
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new BlkSlot(ranges.asSlice((long) i * BlkSlot.RANGES_BYTES, BlkSlot.RANGES_BYTES));
        }
        channel = backend.open(slots.length, this);
        this.flushes = flushes.open(slots.length, this);
    }

    @Override
    public void handle(Chain chain) {
        if (chain.lastWritable() == -1) {
            context.complete(chain, 0); // nowhere to say anything (BUG-09)
            return;
        }
        if (chain.fault() != null) {
            fail(chain, S_IOERR);
            return;
        }
        chain.setLastAside();
        if (chain.readableBytes() < HEADER_BYTES) {
            fail(chain, S_IOERR);
            return;
        }
        chain.consume(header, HEADER_BYTES);
        long sector = header.get(LE64, BlkRequest.SECTOR);
        BlkSlot slot = slots[chain.slot()];
        slot.chain = chain;
        slot.flushing = false;
        switch (header.get(LE32, BlkRequest.TYPE)) {
            case BlkRequest.IN -> transfer(slot, Request.Op.READ, sector);
            case BlkRequest.OUT -> transfer(slot, Request.Op.WRITE, sector);
            case BlkRequest.FLUSH -> flush(slot); // its sector is ignored (VB-18)
            case BlkRequest.GET_ID -> sayId(chain);
            case BlkRequest.DISCARD -> ranges(slot, Request.Op.DISCARD, shape.canDiscard(), 0);
            case BlkRequest.WRITE_ZEROES ->
                ranges(slot, Request.Op.WRITE_ZEROES, shape.canWriteZeroes(), SEGMENT_UNMAP);
            default -> fail(chain, S_UNSUPP); // VB-13
        }
    }

    @Override
    public void refuse(Chain chain) {
        if (chain.lastWritable() == -1) {
            context.complete(chain, 0);
        } else {
            fail(chain, S_IOERR);
        }
    }

    private void transfer(BlkSlot slot, Request.Op op, long sector) {
        Chain chain = slot.chain;
        boolean write = op == Request.Op.WRITE;
        long length = write ? chain.readableBytes() : chain.writableBytes();
        long stray = write ? chain.writableBytes() : chain.readableBytes();
        if (stray != 0
                || length % SECTOR_BYTES != 0
                || length > limits.maxTransfer()
                || !inRange(sector, length / SECTOR_BYTES)
                || (write && limits.readOnly())) { // VB-06, VB-17, VB-19
            fail(chain, S_IOERR);
            return;
        }
        if (length == 0) {
            finish(chain, 0);
            return;
        }
        Request request = slot.request;
        request.op = op;
        request.offset = sector * SECTOR_BYTES;
        request.length = length;
        request.iov = write ? chain.readableIov() : chain.writableIov();
        request.iovCount = write ? chain.readablePieces() : chain.writablePieces();
        request.fua = write && mode.isThrough();
        request.unmap = false;
        request.generation = chain.generation();
        if (write) {
            submitInOrder(slot, request.offset, length);
        } else {
            submit(slot);
        }
    }

    private void flush(BlkSlot slot) {
        slot.flushing = true;
        depart(slot);
        flushes.request(slot.chain.slot());
    }

    private void sayId(Chain chain) {
        if (chain.writableBytes() != ID_BYTES) {
            fail(chain, S_IOERR);
            return;
        }
        chain.fill(id);
        finish(chain, ID_BYTES);
    }

    private void ranges(BlkSlot slot, Request.Op op, boolean can, int knownFlags) {
        Chain chain = slot.chain;
        if (!can && !limits.readOnly()) {
            fail(chain, S_UNSUPP);
            return;
        }
        long count = chain.readableBytes() / SEGMENT_BYTES;
        if (limits.readOnly()
                || chain.readableBytes() % SEGMENT_BYTES != 0
                || count == 0
                || count > BlkShape.MAX_RANGES) {
            fail(chain, S_IOERR);
            return;
        }
        slot.takeRanges((int) count);
        for (int i = 0; i < count; i++) {
            if ((slot.rangeFlags(i) & ~knownFlags) != 0) {
                fail(chain, S_UNSUPP); // VB-07
                return;
            }
            if (!inRange(slot.rangeSector(i), slot.rangeSectors(i)) || slot.rangeSectors(i) > shape.maxRangeSectors()) {
                fail(chain, S_IOERR);
                return;
            }
        }
        slot.request.op = op;
        slot.request.iov = 0;
        slot.request.iovCount = 0;
        slot.request.fua = op == Request.Op.WRITE_ZEROES && mode.isThrough();
        slot.request.generation = chain.generation();
        if (slot.nextRange()) {
            submitInOrder(slot, slot.hullOffset(), slot.hullLength());
        } else {
            finish(chain, 0);
        }
    }

    /** Unsigned, without overflow (BUG-05): whole blocks within the volume. */
    private boolean inRange(long sector, long sectors) {
        long capacity = backend.size() / SECTOR_BYTES;
        long perBlock = limits.blockSize() / SECTOR_BYTES;
        return Long.compareUnsigned(sector, capacity) <= 0
                && Long.compareUnsigned(sectors, capacity - sector) <= 0
                && sector % perBlock == 0
                && sectors % perBlock == 0;
    }

    /** Submits it, or has it wait until no other change of these bytes is under way (CR-04). */
    private void submitInOrder(BlkSlot slot, long offset, long length) {
        if (ordering.mayStart(slot.chain.slot(), offset, length)) {
            submit(slot);
        }
    }

    private void submit(BlkSlot slot) {
        depart(slot);
        try {
            Failpoint.reach("request.submit");
            channel.submit(slot.chain.slot(), slot.request);
            Failpoint.reach("request.submitted");
        } catch (InternalError vanished) {
            arrive(slot); // the channel has forgotten the request, unless it had completed and ours was the access
            throw vanished;
        }
    }

    private void depart(BlkSlot slot) {
        slot.outside = true;
        outstanding++;
    }

    private void arrive(BlkSlot slot) {
        if (slot.outside) {
            slot.outside = false;
            outstanding--;
        }
    }

    @Override
    public void resume(Chain chain) {
        submit(slots[chain.slot()]);
    }

    @Override
    public int outstanding() {
        return outstanding;
    }

    @Override
    public void flush() {
        channel.flushSubmissions();
    }

    @Override
    public boolean watch(EventFd ready) {
        return context.watch(ready.fd().number());
    }

    @Override
    public boolean mayBlock() {
        return context.isAlone();
    }

    @Override
    public int poll() {
        return channel.poll();
    }

    @Override
    public void post(int slot, int errno) {
        slots[slot].postedErrno = errno;
        context.post(slot);
    }

    @Override
    public void posted(Chain chain) {
        complete(chain.slot(), slots[chain.slot()].postedErrno);
    }

    @Override
    public void complete(int number, int errno) {
        BlkSlot slot = slots[number];
        arrive(slot);
        Chain chain = slot.chain;
        if (slot.flushing) {
            end(chain, errno, 0);
            return;
        }
        Request request = slot.request;
        int outcome = channel.completed(number, request, errno);
        boolean ranged = request.op == Request.Op.DISCARD || request.op == Request.Op.WRITE_ZEROES;
        if (ranged && outcome == 0 && slot.nextRange()) {
            submit(slot);
            return;
        }
        if (outcome == 0 && mode.wasLeftBehind(request)) {
            flush(slot);
            return;
        }
        end(chain, outcome, request.op == Request.Op.READ ? request.length : 0);
    }

    private void end(Chain chain, int errno, long written) {
        if (errno == 0) {
            finish(chain, written);
        } else {
            fail(chain, S_IOERR);
        }
    }

    private void finish(Chain chain, long written) {
        Failpoint.reach("request.status");
        chain.writeLast(S_OK);
        Failpoint.reach("request.status.done");
        context.complete(chain, written + 1);
    }

    /** Whatever stood in the buffer before must not look like data (BUG-07). */
    private void fail(Chain chain, byte status) {
        chain.zeroWritable();
        chain.writeLast(status);
        context.complete(chain, 1);
    }

    @Override
    public void close() {
        flushes.close();
        channel.close();
    }
}
