package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_BYTES;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static io.vduse4j.virtio.SplitRing.LE64_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Follows the descriptors of one split queue. Each descriptor is read once, into locals, and an indirect table is copied
 * before it is read, so that a driver that changes them meanwhile cannot make two reads disagree (BUG-01). The number of
 * descriptors is bounded by the queue's size: counted in descriptors, never in mapped pieces (VS-03, BUG-02).
 */
final class SplitWalker {

    /** Times that a walk starts over because memory was taken away while it ran. */
    private static final int ATTEMPTS = 3;

    private final int size;
    private final ChainBuilder builder;

    SplitWalker(int size, boolean indirect, MemorySource source) {
        this.size = size;
        builder = new ChainBuilder(size, indirect, source);
    }

    /**
     * Fills a chain.
     *
     * @param table host address of the descriptor table
     * @param head index of the first descriptor, less than the queue's size
     * @param chain the slot
     * @return null, or the fault that makes the chain unusable; one that only a buffer has stands in the chain
     */
    Fault walk(long table, int head, Chain chain) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            builder.begin(chain);
            Fault fault = walkOnce(table, head, chain);
            if (builder.memory().generation() == chain.generation()) {
                return fault;
            }
        }
        return Fault.INDIRECT_UNMAPPED;
    }

    private Fault walkOnce(long directTable, int head, Chain chain) {
        MemorySegment segment = builder.memory().space();
        long table = directTable;
        int entries = size;
        boolean inside = false;
        int index = head;
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
                if (inside) {
                    return Fault.INDIRECT_NESTED;
                }
                Fault fault = builder.checkTable((flags & DESC_NEXT) == 0, length);
                if (fault == null) {
                    fault = builder.copyTable(address, length);
                }
                if (fault != null) {
                    return fault;
                }
                segment = builder.scratch();
                table = 0;
                entries = (int) (length / DESC_BYTES);
                index = 0;
                inside = true;
                taken--; // the descriptor that refers to the table is no part of the chain's length
                continue;
            }
            Fault fault = builder.addBuffer(chain, address, length, (flags & DESC_WRITE) != 0);
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
}
