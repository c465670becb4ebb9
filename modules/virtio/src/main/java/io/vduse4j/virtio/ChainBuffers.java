package io.vduse4j.virtio;

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

    long address(int buffer) {
        return addresses[buffer];
    }

    int length(int buffer) {
        return lengths[buffer];
    }

    /** The descriptor's flag for the buffer. */
    int writeFlag(int buffer) {
        return buffer < readable ? 0 : SplitRing.DESC_WRITE;
    }
}
