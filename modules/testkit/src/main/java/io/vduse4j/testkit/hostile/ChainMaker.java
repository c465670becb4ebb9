package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.SplitRing.DESC_BYTES;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static io.vduse4j.virtio.blk.BlkRequest.HEADER_BYTES;

import io.vduse4j.testkit.hostile.SlotMemory.Window;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * What the generators of chains are made of: the bytes of one request in one slot, the readable ones in a row and the
 * writable ones in a row, cut into buffers of any framing (VS-02), seen through any window that grants what they need,
 * laid out as descriptors of the ring, of a table, or of both.
 */
final class ChainMaker {

    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Most bytes that the device reads or writes in one request: four sectors and what goes with them. */
    static final int MOST_BYTES = 4 * BlkRequest.SECTOR_BYTES + HEADER_BYTES;

    /** An id below all that {@link #id} makes. */
    static final int TWIN_ID = 7;

    private static final int FIRST_ID = 8;
    private static final int IDS_APART = 1300;

    /** Most buffers of one direction. */
    private static final int MOST_CUTS = 4;

    final Random random;
    final DiskModel disk;
    final long capacity;
    final boolean packed;
    final boolean indirect;
    final int size;

    private final SlotMemory memory;
    private int slot;
    private int room;
    private MemorySegment bytes;
    private int readAt;
    private int readLength;
    private int writeAt;
    private int writeLength;
    private int tableAt;

    ChainMaker(
            Random random,
            SlotMemory memory,
            DiskModel disk,
            long capacity,
            boolean packed,
            boolean indirect,
            int size) {
        this.random = random;
        this.memory = memory;
        this.disk = disk;
        this.capacity = capacity;
        this.packed = packed;
        this.indirect = indirect;
        this.size = size;
        bytes = memory.slot(0);
    }

    /** Begins a request in a slot, for which the ring has so many descriptors. */
    void begin(int useSlot, int descriptors) {
        slot = useSlot;
        room = descriptors;
        memory.pour(slot);
        bytes = memory.slot(slot);
        readAt = random.nextInt(SlotMemory.PART - MOST_BYTES);
        writeAt = SlotMemory.WRITABLE + random.nextInt(SlotMemory.PART - MOST_BYTES);
        tableAt = SlotMemory.TABLE + DESC_BYTES * random.nextInt((SlotMemory.PART - size * DESC_BYTES) / DESC_BYTES);
        readLength = 0;
        writeLength = 0;
    }

    int slot() {
        return slot;
    }

    int room() {
        return room;
    }

    int readLength() {
        return readLength;
    }

    int writeLength() {
        return writeLength;
    }

    int readAt() {
        return readAt;
    }

    int writeAt() {
        return writeAt;
    }

    int tableAt() {
        return tableAt;
    }

    /** Has the readable bytes end so many behind the border of their two pages, of which the second may be a hole. */
    void endReadableBehindBorder(int length, int behind) {
        readAt = SlotMemory.PART / 2 - length + behind;
    }

    /** The same for the writable bytes. */
    void endWritableBehindBorder(int length, int behind) {
        writeAt = SlotMemory.WRITABLE + SlotMemory.PART / 2 - length + behind;
    }

    /** Has the table begin so many bytes before the border of its two pages. */
    void tableBeforeBorder(int before) {
        tableAt = SlotMemory.TABLE + SlotMemory.PART / 2 - before;
    }

    /** Writes a header; what is readable follows it. */
    void header(int type, long sector) {
        bytes.set(LE32, readAt, type);
        bytes.set(LE32, readAt + 4L, random.nextInt());
        bytes.set(LE64, readAt + (long) BlkRequest.SECTOR, sector);
        readLength = HEADER_BYTES;
    }

    /** Adds sectors to be written. */
    void sectors(int count, long seed) {
        for (int i = 0; i < count; i++) {
            DiskModel.fill(bytes, readAt + readLength, DiskModel.seedOf(seed, i));
            readLength += BlkRequest.SECTOR_BYTES;
        }
    }

    /** Adds a segment of a discard or write-zeroes. */
    void segment(long sector, int count, int flags) {
        bytes.set(LE64, readAt + (long) readLength, sector);
        bytes.set(LE32, readAt + (long) readLength + BlkRequest.SEGMENT_SECTORS, count);
        bytes.set(LE32, readAt + (long) readLength + BlkRequest.SEGMENT_FLAGS, flags);
        readLength += BlkRequest.SEGMENT_BYTES;
    }

    /** Adds readable bytes, or takes some away. */
    void readable(int more) {
        readLength += more;
    }

    /** Adds writable bytes, or takes some away; the last of all is the status. */
    void writable(int more) {
        writeLength += more;
    }

    /** A sector of the slot from which on so many are its own. */
    long sector(int count) {
        return DiskModel.first(slot) + random.nextInt(DiskModel.SECTORS - count + 1);
    }

    /** A buffer anywhere in the slot. */
    RawDescriptor buffer(Window window, int at, int length, boolean write) {
        return new RawDescriptor(SlotMemory.address(window, slot, at), length, write ? DESC_WRITE : 0, 0);
    }

    /** The readable bytes as one buffer. */
    RawDescriptor readableBuffer(Window window) {
        return buffer(window, readAt, readLength, false);
    }

    /** The writable bytes as one buffer. */
    RawDescriptor writableBuffer(Window window) {
        return buffer(window, writeAt, writeLength, true);
    }

    /** All bytes in any framing that the ring has room for, less some descriptors that the caller needs. */
    List<RawDescriptor> cut(int reserved) {
        int most = (indirect ? size : room) - reserved;
        List<RawDescriptor> buffers = new ArrayList<>();
        cut(buffers, readAt, readLength, false, most - (writeLength > 0 ? 1 : 0));
        cut(buffers, writeAt, writeLength, true, most - buffers.size());
        return buffers;
    }

    private void cut(List<RawDescriptor> to, int at, int length, boolean write, int most) {
        int pieces = 1 + random.nextInt(Math.max(1, Math.min(MOST_CUTS, most)));
        int from = at;
        int end = at + length;
        while (from < end) {
            int n = --pieces == 0 ? end - from : random.nextInt(end - from + 1);
            to.add(buffer(anyWindow(write), from, n, write));
            from += n;
            if (pieces == 0) {
                return;
            }
        }
    }

    private Window anyWindow(boolean write) {
        return switch (random.nextInt(3)) {
            case 0 -> Window.PLAIN;
            case 1 -> Window.BORDERS;
            default -> write ? Window.WRITE_ONLY : Window.READ_ONLY;
        };
    }

    /** Lays buffers out one behind the other: in the ring, in a table, or the first ones in the ring (VS-11). */
    RawChain lay(List<RawDescriptor> buffers, Expected expected) {
        boolean fits = buffers.size() <= room;
        if (!indirect || (fits && random.nextInt(3) > 0)) {
            return chain(RawDescriptor.linked(buffers), expected);
        }
        int direct = packed ? 0 : random.nextInt(Math.min(room, buffers.size()));
        List<RawDescriptor> ring = new ArrayList<>(buffers.subList(0, direct));
        List<RawDescriptor> entries = buffers.subList(direct, buffers.size());
        ring.add(table(packed ? entries : RawDescriptor.linked(entries), anyWindow(false)));
        return chain(RawDescriptor.linked(ring), expected);
    }

    /** Writes a table and refers to it. The WRITE flag there says nothing (VS-10). */
    RawDescriptor table(List<RawDescriptor> entries, Window window) {
        for (int i = 0; i < entries.size(); i++) {
            RawDescriptor entry = entries.get(i);
            long at = tableAt + (long) i * DESC_BYTES;
            bytes.set(LE64, at, entry.address());
            bytes.set(LE32, at + 8, entry.length());
            // A packed table has the flags last, a split one the number of the next entry.
            int next = entry.next() < 0 ? ~entry.next() : entry.next();
            bytes.set(LE16, at + (packed ? 14 : 12), (short) entry.flags());
            bytes.set(LE16, at + (packed ? 12 : 14), (short) next);
        }
        int flags = DESC_INDIRECT | (random.nextBoolean() ? DESC_WRITE : 0);
        return new RawDescriptor(SlotMemory.address(window, slot, tableAt), entries.size() * DESC_BYTES, flags, 0);
    }

    /** A chain of these descriptors as they are. */
    RawChain chain(List<RawDescriptor> descriptors, Expected expected) {
        return new RawChain(descriptors, id(), false, expected);
    }

    /** An id that no other slot has, mostly larger than a queue (VP-13, BUG-04). */
    int id() {
        return FIRST_ID + slot * IDS_APART + random.nextInt(IDS_APART);
    }

    /** Given back empty because of a fault. */
    Expected empty(ChainKind kind, Fault fault) {
        return Expected.empty(kind, slot, Optional.of(fault));
    }

    /** Fails with IOERR because of a fault, the status behind the writable bytes of the slot. */
    Expected failed(ChainKind kind, Fault fault) {
        return Expected.failed(kind, slot, Optional.of(fault), BlkRequest.S_IOERR, writeAt, writeLength);
    }

    /** Fails although its chain is right. */
    Expected failed(ChainKind kind, int status) {
        return Expected.failed(kind, slot, Optional.empty(), status, writeAt, writeLength);
    }

    /** Done, with so many bytes written before the status. */
    Expected done(ChainKind kind, int data, Runnable then) {
        return new Expected(kind, slot, Optional.empty(), BlkRequest.S_OK, data + 1, writeAt, writeLength, 0, 0, then);
    }

    /** Done, and sectors were read. */
    Expected read(ChainKind kind, long sector, int count) {
        return new Expected(
                kind,
                slot,
                Optional.empty(),
                BlkRequest.S_OK,
                count * BlkRequest.SECTOR_BYTES + 1,
                writeAt,
                writeLength,
                count,
                sector,
                () -> {});
    }
}
