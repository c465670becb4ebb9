package io.vduse4j.fuzz;

import io.vduse4j.virtio.Fault;
import java.lang.foreign.MemorySegment;

/**
 * What has to come of the descriptors of a chain, by a second reading of the rules (VS-03 to VS-10, BUG-03). The pieces
 * are places in {@link FuzzMemory}.
 */
final class ModelChain {

    /** VS-08. */
    private static final long MOST_BYTES = 1L << 32;

    private static final int ENTRY = 16;

    /** What names the chain to the driver, and the descriptors of a packed ring that it takes. */
    int id;

    int descriptors;

    private final FuzzMemory memory;
    private final int[] at;
    private final int[] bytes;
    private int readable;
    private int writable;
    private long total;
    private boolean writeSeen;
    private int last = FuzzMemory.NOWHERE;
    private Fault fault;

    /** Has room for so many pieces. */
    ModelChain(FuzzMemory memory, int capacity) {
        this.memory = memory;
        at = new int[capacity];
        bytes = new int[capacity];
    }

    Fault fault() {
        return fault;
    }

    /** Whether a handler gets the chain. */
    boolean isForHandler() {
        return fault == null || fault.size() == Fault.Size.REQUEST;
    }

    /** What is wrong with the chain as a whole; it counts before what is wrong with a buffer. */
    void fail(Fault found) {
        fault = found;
    }

    /** Adds a buffer; returns what makes the chain unusable, or null. */
    Fault add(long address, long length, boolean write) {
        if (!write && writeSeen) {
            return Fault.READ_AFTER_WRITE;
        }
        writeSeen |= write;
        total += length;
        if (total > MOST_BYTES) {
            return Fault.CHAIN_TOO_LARGE;
        }
        Fault found = addPieces(address, length, write);
        if (fault == null) {
            fault = found;
        }
        if (write && length > 0) {
            long end = address + length - 1;
            Area area = Long.compareUnsigned(end, address) < 0 ? null : FuzzMemory.find(end);
            last = area != null && area.writable() ? area.place(end) : FuzzMemory.NOWHERE;
        }
        return null;
    }

    private Fault addPieces(long start, long length, boolean write) {
        long address = start;
        for (long left = length; left > 0; ) {
            Area area = FuzzMemory.find(address);
            if (area == null || (address == 0 && left < length)) { // the second: over the end of the address space
                return Fault.BUFFER_UNMAPPED;
            }
            if (write ? !area.writable() : !area.readable()) {
                return Fault.BUFFER_NOT_GRANTED;
            }
            int n = (int) Math.min(left, area.bytes() - (address - area.first()));
            if (!addPiece(area.place(address), n, write)) {
                return Fault.TOO_FRAGMENTED;
            }
            address += n;
            left -= n;
        }
        return null;
    }

    private boolean addPiece(int place, int n, boolean write) {
        int count = readable + writable;
        boolean first = (write ? writable : readable) == 0;
        if (!first && at[count - 1] + bytes[count - 1] == place) {
            bytes[count - 1] += n;
            return true;
        }
        if (count == at.length) {
            return false;
        }
        at[count] = place;
        bytes[count] = n;
        if (write) {
            writable++;
        } else {
            readable++;
        }
        return true;
    }

    /** The entries of an indirect table, or null if not all of it can be read. */
    byte[] table(long start, int length) {
        byte[] copy = new byte[length];
        Area area = null;
        for (int i = 0; i < length; i++) {
            long address = start + i;
            if (area == null || !area.holds(address)) {
                area = FuzzMemory.find(address);
            }
            if (area == null || !area.readable() || (address == 0 && i > 0)) {
                return null;
            }
            copy[i] = (byte) memory.get8(area.place(address));
        }
        return copy;
    }

    /** What is wrong with a reference to a table, apart from where the table is. */
    static Fault checkReference(boolean negotiated, boolean alone, long length, int size) {
        if (!negotiated) {
            return Fault.INDIRECT_NOT_NEGOTIATED;
        }
        if (!alone) {
            return Fault.INDIRECT_WITH_NEXT;
        }
        boolean whole = length > 0 && length % ENTRY == 0 && length <= (long) ENTRY * size;
        return whole ? null : Fault.INDIRECT_LENGTH;
    }

    int readablePieces() {
        return readable;
    }

    int writablePieces() {
        return writable;
    }

    long readableBytes() {
        return sum(0, readable);
    }

    long writableBytes() {
        return sum(readable, readable + writable);
    }

    private long sum(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += bytes[i];
        }
        return sum;
    }

    /** Where a piece lies; the readable ones come first. */
    int place(int piece) {
        return at[piece];
    }

    int bytes(int piece) {
        return bytes[piece];
    }

    /** Where the last writable byte lies that the driver named, or {@link FuzzMemory#NOWHERE}. */
    int last() {
        return last;
    }

    /** Copies readable bytes out of the memory of now. */
    void read(long from, MemorySegment to) {
        copy(
                0,
                readable,
                from,
                to.byteSize(),
                (place, done, n) -> to.asSlice(done, n).copyFrom(memory.view(place, n)));
    }

    /** Foretells a write of these bytes from the first writable byte on. */
    void write(MemorySegment data) {
        write(0, data);
    }

    /** Foretells a write into the writable bytes. */
    void write(long from, MemorySegment data) {
        copy(
                readable,
                readable + writable,
                from,
                data.byteSize(),
                (place, done, n) -> memory.expect(place, data.asSlice(done, n)));
    }

    /** Foretells that all writable bytes are zeroed. */
    void zero() {
        for (int i = readable; i < readable + writable; i++) {
            memory.view(at[i], bytes[i]).fill((byte) 0);
        }
    }

    private interface Copy {
        void part(int place, long done, int n);
    }

    private void copy(int firstPiece, int endPiece, long from, long length, Copy copy) {
        long skip = from;
        long done = 0;
        for (int i = firstPiece; i < endPiece && done < length; i++) {
            if (skip >= bytes[i]) {
                skip -= bytes[i];
                continue;
            }
            int n = (int) Math.min(bytes[i] - skip, length - done);
            copy.part(at[i] + (int) skip, done, n);
            skip = 0;
            done += n;
        }
    }
}
