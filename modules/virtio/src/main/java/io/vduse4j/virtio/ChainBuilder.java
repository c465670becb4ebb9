package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Turns the buffers that a walker finds into the pieces of a chain, and copies what the walker must not read twice. All
 * that a driver may get wrong in a buffer is checked here, for split and for packed queues.
 */
final class ChainBuilder {

    /** A chain may not be longer than this many bytes (VS-08). */
    private static final long MAX_BYTES = 1L << 32;

    private final int size;
    private final boolean indirect;
    private final MemorySource source;
    private final MemorySegment scratch;

    private GuestMemory memory;
    private long bytes;
    private boolean writeSeen;

    ChainBuilder(int size, boolean indirect, MemorySource source) {
        this.size = size;
        this.indirect = indirect;
        this.source = source;
        memory = source.memory();
        scratch = Arena.ofAuto().allocate((long) size * DESC_BYTES, DESC_BYTES);
    }

    /** Where a table of descriptors is copied to, as many as the queue has. */
    MemorySegment scratch() {
        return scratch;
    }

    /** The memory of the chain that is being built. */
    GuestMemory memory() {
        return memory;
    }

    /** Begins with the memory of now. */
    void begin(Chain chain) {
        memory = source.memory();
        chain.begin(memory.space(), memory.generation());
        bytes = 0;
        writeSeen = false;
    }

    /** Whether a table may be referred to, and has a length that may be. Its WRITE flag is ignored (VS-10). */
    Fault checkTable(boolean alone, long length) {
        if (!indirect) {
            return Fault.INDIRECT_NOT_NEGOTIATED;
        }
        if (!alone) {
            return Fault.INDIRECT_WITH_NEXT;
        }
        if (length == 0 || length % DESC_BYTES != 0 || length / DESC_BYTES > size) {
            return Fault.INDIRECT_LENGTH;
        }
        return null;
    }

    /** Copies a table whose length was checked to {@link #scratch}. */
    Fault copyTable(long start, long length) {
        long address = start;
        long done = 0;
        while (done < length) {
            int region = find(address);
            if (region < 0 || !memory.grants(region, GuestMemory.READ)) {
                return Fault.INDIRECT_UNMAPPED;
            }
            long n = memory.contiguous(region, address, length - done);
            MemorySegment.copy(memory.space(), memory.host(region, address), scratch, done, n);
            done += n;
            address += n;
            if (address == 0 && done < length) {
                return Fault.INDIRECT_UNMAPPED;
            }
        }
        return null;
    }

    /** Adds a buffer; a fault of the buffer alone stands in the chain, one of the chain is returned. */
    Fault addBuffer(Chain chain, long start, long length, boolean write) {
        if (write) {
            writeSeen = true;
        } else if (writeSeen) {
            return Fault.READ_AFTER_WRITE;
        }
        bytes += length;
        if (bytes > MAX_BYTES) {
            return Fault.CHAIN_TOO_LARGE;
        }
        Fault fault = addPieces(chain, start, length, write);
        if (fault != null) {
            chain.fault(fault);
            if (write) {
                chain.lastWritable(lastByte(start, length));
            }
        }
        return null;
    }

    private Fault addPieces(Chain chain, long start, long length, boolean write) {
        long address = start;
        long left = length;
        while (left > 0) {
            int region = find(address);
            if (region < 0) {
                return Fault.BUFFER_UNMAPPED;
            }
            if (!memory.grants(region, write ? GuestMemory.WRITE : GuestMemory.READ)) {
                return Fault.BUFFER_NOT_GRANTED;
            }
            long n = memory.contiguous(region, address, left);
            if (!chain.add(memory.host(region, address), n, write)) {
                return Fault.TOO_FRAGMENTED;
            }
            left -= n;
            address += n;
            if (address == 0 && left > 0) { // ran over the end of the address space (BUG-03)
                return Fault.BUFFER_UNMAPPED;
            }
        }
        return null;
    }

    /** Host address of a buffer's last byte, or -1: a status can be written there though the buffer is not usable. */
    private long lastByte(long start, long length) {
        long last = start + length - 1;
        if (Long.compareUnsigned(last, start) < 0) {
            return -1;
        }
        int region = find(last);
        return region >= 0 && memory.grants(region, GuestMemory.WRITE) ? memory.host(region, last) : -1;
    }

    private int find(long address) {
        int region = memory.find(address);
        if (region < 0) {
            memory = source.resolve(address);
            region = memory.find(address);
        }
        return region;
    }
}
