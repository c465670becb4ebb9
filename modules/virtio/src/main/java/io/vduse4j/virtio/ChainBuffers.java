package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The buffers of a chain that a driver is about to make available: those that the device reads, then those that it
 * writes (VS-04). Used again and again; it grows to the longest chain it has held. Not for several threads.
 */
public final class ChainBuffers {

    private long[] addresses = new long[8];
    private int[] lengths = new int[8];
    private int count;
    private int readable;
    private long writableBytes;

    /** Makes an empty one. */
    public ChainBuffers() {}

    /** Begins a new chain. */
    public ChainBuffers clear() {
        count = 0;
        readable = 0;
        writableBytes = 0;
        return this;
    }

    /**
     * Adds a buffer that the device reads.
     *
     * @param address its device address
     * @param length its bytes, 0 to 2^32-1
     * @throws IllegalStateException if one that the device writes was added before (VS-04)
     */
    public ChainBuffers readable(long address, long length) {
        if (readable != count) {
            throw new IllegalStateException("a readable buffer behind a writable one");
        }
        add(address, length);
        readable++;
        return this;
    }

    /**
     * Adds a buffer that the device writes.
     *
     * @param address its device address
     * @param length its bytes, 0 to 2^32-1
     */
    public ChainBuffers writable(long address, long length) {
        add(address, length);
        writableBytes += length;
        return this;
    }

    private void add(long address, long length) {
        if (length < 0 || length > 0xffff_ffffL) {
            throw new IllegalArgumentException("length of a buffer: " + length);
        }
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        addresses[count] = address;
        lengths[count] = (int) length;
        count++;
    }

    /** Number of buffers. */
    public int count() {
        return count;
    }

    /** Bytes that the device may write. */
    public long writableBytes() {
        return writableBytes;
    }

    /**
     * Writes the indirect table of a chain all of whose buffers stand in it (VS-11, VP-11).
     *
     * @param table {@link SplitRing#descBytes} of the buffers, aligned to 8 bytes
     * @param packed for which format of queue
     */
    public void writeTable(MemorySegment table, boolean packed) {
        if (!packed) {
            writeEntries(0, table, 0);
            return;
        }
        for (int i = 0; i < count; i++) {
            long at = (long) i * PackedRing.DESC_BYTES;
            table.set(SplitRing.LE64, at, addresses[i]);
            table.set(SplitRing.LE32, at + PackedRing.DESC_LENGTH, lengths[i]);
            table.set(SplitRing.LE16, at + PackedRing.DESC_ID, (short) 0);
            table.set(SplitRing.LE16, at + PackedRing.DESC_FLAGS, (short) (isWritable(i) ? SplitRing.DESC_WRITE : 0));
        }
    }

    /** Device address of a buffer. */
    long address(int buffer) {
        return addresses[buffer];
    }

    /** Bytes of a buffer, unsigned. */
    int length(int buffer) {
        return lengths[buffer];
    }

    /** Whether the device writes a buffer. */
    boolean isWritable(int buffer) {
        return buffer >= readable;
    }

    /** Writes an indirect table of the buffers from one on. */
    void writeEntries(int from, MemorySegment space, long table) {
        for (int i = from; i < count; i++) {
            int goesOn = i + 1 < count ? SplitRing.DESC_NEXT : 0;
            writeEntry(i, space, table, i - from, goesOn, i - from + 1);
        }
    }

    /** Writes a buffer's descriptor into an entry of a table. */
    void writeEntry(int buffer, MemorySegment space, long table, int entry, int goesOn, int follower) {
        int flags = (buffer < readable ? 0 : SplitRing.DESC_WRITE) | goesOn;
        write(space, table, entry, addresses[buffer], lengths[buffer], flags, goesOn == 0 ? 0 : follower);
    }

    /** Writes a descriptor. */
    static void write(MemorySegment space, long table, int entry, long address, int length, int flags, int follower) {
        long at = table + (long) entry * SplitRing.DESC_BYTES;
        space.set(SplitRing.LE64, at, address);
        space.set(SplitRing.LE32, at + 8, length);
        space.set(SplitRing.LE16, at + 12, (short) flags);
        space.set(SplitRing.LE16, at + 14, (short) follower);
    }
}
