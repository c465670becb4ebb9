package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_BYTES;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static io.vduse4j.virtio.SplitRing.LE64_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Follows the descriptors of one split queue. Each descriptor is read once, into locals, and an indirect table is copied
 * before it is read, so that a driver that changes them meanwhile cannot make two reads disagree (BUG-01). The number of
 * descriptors is bounded by the queue's size: counted in descriptors, never in mapped pieces (VS-03, BUG-02).
 */
final class ChainWalker {

    /** A chain may not be longer than this many bytes (VS-08). */
    private static final long MAX_BYTES = 1L << 32;

    /** Times that a walk starts over because memory was taken away while it ran. */
    private static final int ATTEMPTS = 3;

    private final int size;
    private final boolean indirect;
    private final MemorySource source;
    private final MemorySegment scratch;

    private GuestMemory memory;
    private long bytes;
    private boolean writeSeen;

    ChainWalker(int size, boolean indirect, MemorySource source) {
        this.size = size;
        this.indirect = indirect;
        this.source = source;
        scratch = Arena.ofAuto().allocate((long) size * DESC_BYTES, DESC_BYTES);
    }

    /**
     * Fills a chain.
     *
     * @param table host address of the descriptor table
     * @param chain the slot of the head
     * @return null, or the fault that makes the chain unusable; one that only a buffer has stands in the chain
     */
    Fault walk(long table, Chain chain) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            memory = source.memory();
            long generation = memory.generation();
            Fault fault = walkOnce(table, chain);
            if (memory.generation() == generation) {
                return fault;
            }
        }
        return Fault.INDIRECT_UNMAPPED;
    }

    private Fault walkOnce(long directTable, Chain chain) {
        chain.begin(memory.space(), memory.generation());
        bytes = 0;
        writeSeen = false;
        MemorySegment segment = memory.space();
        long table = directTable;
        int entries = size;
        boolean inside = false;
        int index = chain.head();
        int taken = 0;
        while (true) {
            if (taken++ == size) {
                return Fault.CHAIN_TOO_LONG;
            }
            long at = table + (long) index * DESC_BYTES;
            long address = segment.get(LE64_UNALIGNED, at);
            long rest = segment.get(LE64_UNALIGNED, at + 8);
            long length = rest & 0xffff_ffffL;
            int flags = (int) (rest >>> 32) & 0xffff;
            int next = (int) (rest >>> 48);
            if ((flags & DESC_INDIRECT) != 0) {
                Fault fault = checkIndirect(inside, flags, length);
                if (fault == null) {
                    fault = copyTable(address, length);
                }
                if (fault != null) {
                    return fault;
                }
                segment = scratch;
                table = 0;
                entries = (int) (length / DESC_BYTES);
                index = 0;
                inside = true;
                taken--; // the descriptor that refers to the table is no part of the chain's length
                continue;
            }
            Fault fault = addBuffer(chain, address, length, (flags & DESC_WRITE) != 0);
            if (fault != null) {
                return fault;
            }
            if ((flags & DESC_NEXT) == 0) {
                return null;
            }
            if (next >= entries) {
                return Fault.NEXT_OUT_OF_RANGE;
            }
            index = next;
        }
    }

    /** The WRITE flag of the descriptor that refers to a table is ignored (VS-10). */
    private Fault checkIndirect(boolean inside, int flags, long length) {
        if (!indirect) {
            return Fault.INDIRECT_NOT_NEGOTIATED;
        }
        if (inside) {
            return Fault.INDIRECT_NESTED;
        }
        if ((flags & DESC_NEXT) != 0) {
            return Fault.INDIRECT_WITH_NEXT;
        }
        if (length == 0 || length % DESC_BYTES != 0 || length / DESC_BYTES > size) {
            return Fault.INDIRECT_LENGTH;
        }
        return null;
    }

    private Fault copyTable(long start, long length) {
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

    private Fault addBuffer(Chain chain, long start, long length, boolean write) {
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
