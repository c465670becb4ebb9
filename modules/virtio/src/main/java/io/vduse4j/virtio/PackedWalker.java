package io.vduse4j.virtio;

import static io.vduse4j.virtio.PackedRing.DESC_BYTES;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static io.vduse4j.virtio.SplitRing.LE64_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Follows the descriptors of one packed queue. A list is copied out of the ring before anything of it is believed, so
 * that each descriptor is read once (BUG-01), and its end is known before its buffers are looked at: what is wrong with
 * them does not hide where the next list begins. The copy is bounded by the queue's size (VP-09, BUG-02).
 */
final class PackedWalker implements DescriptorList {

    /** Times that a walk starts over because memory was taken away while it ran. */
    private static final int ATTEMPTS = 3;

    private final int size;
    private final ChainBuilder builder;

    /** The list; the builder's table is another, since the only descriptor of a list may refer to one. */
    private final MemorySegment list;

    private int descriptors;
    private int id;

    PackedWalker(int size, boolean indirect, MemorySource source) {
        this.size = size;
        builder = new ChainBuilder(size, indirect, source);
        list = Arena.ofAuto().allocate((long) size * DESC_BYTES, DESC_BYTES);
    }

    @Override
    public long address(int index) {
        return list.get(LE64_UNALIGNED, (long) index * DESC_BYTES);
    }

    @Override
    public long rest(int index) {
        return list.get(LE64_UNALIGNED, (long) index * DESC_BYTES + 8);
    }

    /** {@inheritDoc} 0 if the list does not end. */
    @Override
    public int descriptors() {
        return descriptors;
    }

    /** The id of the list's last descriptor, 0 to 65535: any value is allowed (VP-12, VP-13). */
    int id() {
        return id;
    }

    /**
     * Fills a chain.
     *
     * @param ring host address of the descriptor ring
     * @param position of the first descriptor, which is available and less than the queue's size
     * @param chain the slot
     * @return null, or the fault that makes the chain unusable; one that only a buffer has stands in the chain
     */
    Fault walk(long ring, int position, Chain chain) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            builder.begin(chain);
            copyList(ring, position);
            Fault fault = descriptors == 0 ? Fault.LIST_ENDLESS : build(chain);
            if (builder.memory().generation() == chain.generation()) {
                return fault;
            }
        }
        return Fault.INDIRECT_UNMAPPED;
    }

    /**
     * Fills a chain from descriptors that were kept.
     *
     * @param kept not more than the queue has
     * @return as for the ring
     */
    Fault walk(DescriptorList kept, Chain chain) {
        descriptors = kept.descriptors();
        for (int i = 0; i < descriptors; i++) {
            list.set(LE64_UNALIGNED, (long) i * DESC_BYTES, kept.address(i));
            list.set(LE64_UNALIGNED, (long) i * DESC_BYTES + 8, kept.rest(i));
        }
        id = (int) (rest(descriptors - 1) >>> 32) & 0xffff;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            builder.begin(chain);
            Fault fault = build(chain);
            if (builder.memory().generation() == chain.generation()) {
                return fault;
            }
        }
        return Fault.INDIRECT_UNMAPPED;
    }

    private void copyList(long ring, int first) {
        MemorySegment from = builder.memory().space();
        descriptors = 0;
        int position = first;
        for (int i = 0; i < size; i++) {
            long at = ring + (long) position * DESC_BYTES;
            long rest = from.get(LE64_UNALIGNED, at + 8);
            list.set(LE64_UNALIGNED, (long) i * DESC_BYTES, from.get(LE64_UNALIGNED, at));
            list.set(LE64_UNALIGNED, (long) i * DESC_BYTES + 8, rest);
            if ((flags(rest) & DESC_NEXT) == 0) {
                descriptors = i + 1;
                id = (int) (rest >>> 32) & 0xffff;
                return;
            }
            position = position + 1 == size ? 0 : position + 1;
        }
    }

    private static int flags(long rest) {
        return (int) (rest >>> 48);
    }

    private Fault build(Chain chain) {
        for (int i = 0; i < descriptors; i++) {
            long address = address(i);
            long rest = rest(i);
            long length = rest & 0xffff_ffffL;
            Fault fault = (flags(rest) & DESC_INDIRECT) == 0
                    ? builder.addBuffer(chain, address, length, (flags(rest) & DESC_WRITE) != 0)
                    : buildTable(chain, address, length);
            if (fault != null) {
                return fault;
            }
        }
        return null;
    }

    /** In a table the entries follow each other, and of the flags only WRITE counts (VP-11). */
    private Fault buildTable(Chain chain, long address, long length) {
        Fault fault = builder.checkTable(descriptors == 1, length);
        if (fault == null) {
            fault = builder.copyTable(address, length);
        }
        MemorySegment table = builder.scratch();
        for (long at = 0; fault == null && at < length; at += DESC_BYTES) {
            long rest = table.get(LE64_UNALIGNED, at + 8);
            boolean write = (flags(rest) & DESC_WRITE) != 0;
            fault = builder.addBuffer(chain, table.get(LE64_UNALIGNED, at), rest & 0xffff_ffffL, write);
        }
        return fault;
    }
}
