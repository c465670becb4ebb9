package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.FLAGS;
import static io.vduse4j.virtio.SplitRing.INDEX;
import static io.vduse4j.virtio.SplitRing.LE16;
import static io.vduse4j.virtio.SplitRing.LE32;
import static io.vduse4j.virtio.SplitRing.RING;
import static io.vduse4j.virtio.SplitRing.USED_ELEM_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The driver's side of a split virtqueue (virtio 1.3, 2.7). */
public final class SplitDriver implements VirtqueueDriver {

    private static final VarHandle U16 = LE16.varHandle();

    private final MemorySegment space;
    private final RingAddresses rings;
    private final int size;
    private final int mask;
    private final boolean indirect;
    private final boolean eventIdx;

    private final Outstanding chains;

    // Chains ever added, made visible, and looked at for a kick; the low 16 bits are the ring's indices.
    private long added;
    private long published;
    private long kicked;
    private int nextUsed;
    private long usedLength;
    private String broken = "";

    /** As {@link VirtqueueDriver#of}. */
    SplitDriver(MemorySegment space, RingAddresses rings, long features, VirtqueueState from) {
        if (!SplitRing.isValidSize(rings.size()) || from.avail() < 0 || from.avail() != from.used()) {
            throw new IllegalArgumentException("a split queue of " + rings.size() + " cannot begin at " + from);
        }
        int start = from.avail();
        this.space = space;
        this.rings = rings;
        size = rings.size();
        mask = size - 1;
        indirect = (features & VirtioFeatures.RING_INDIRECT_DESC) != 0;
        eventIdx = (features & VirtioFeatures.RING_EVENT_IDX) != 0;
        chains = new Outstanding(size);
        added = start;
        published = start;
        kicked = start;
        nextUsed = start;
        space.asSlice(rings.descHost(), SplitRing.descBytes(size)).fill((byte) 0);
        space.asSlice(rings.driverHost(), SplitRing.availBytes(size)).fill((byte) 0);
        space.asSlice(rings.deviceHost(), SplitRing.usedBytes(size)).fill((byte) 0);
        space.set(LE16, rings.driverHost() + INDEX, (short) start);
        space.set(LE16, rings.deviceHost() + INDEX, (short) start);
        enableInterrupts();
    }

    @Override
    public RingAddresses rings() {
        return rings;
    }

    @Override
    public int freeDescriptors() {
        return chains.free();
    }

    @Override
    public int outstanding() {
        return chains.chains();
    }

    /** Index behind the last chain that the device can see, 0 to 65535. */
    int publishedIndex() {
        return (int) published & 0xffff;
    }

    @Override
    public VirtqueueState state() {
        return VirtqueueState.split(nextUsed);
    }

    @Override
    public int add(ChainBuffers buffers, int direct, long tableHost, long table) {
        int count = buffers.count();
        boolean hasTable = direct < count;
        if (count == 0 || count > size || direct < 0 || direct > count) {
            throw new IllegalArgumentException(count + " buffers, " + direct + " direct, in a queue of " + size);
        }
        if (hasTable && !indirect) {
            throw new IllegalStateException("indirect tables were not negotiated");
        }
        if (direct + (hasTable ? 1 : 0) > chains.free()) {
            return FULL;
        }
        if (hasTable) {
            buffers.writeEntries(direct, space, tableHost);
        }
        return link(buffers, direct, table);
    }

    @Override
    public int addTable(ChainBuffers buffers, long table) {
        if (buffers.count() == 0 || buffers.count() > size) {
            throw new IllegalArgumentException(buffers.count() + " buffers in a queue of " + size);
        }
        if (!indirect) {
            throw new IllegalStateException("indirect tables were not negotiated");
        }
        return chains.free() == 0 ? FULL : link(buffers, 0, table);
    }

    /** Writes the descriptors of the queue, of which there are enough, and makes the chain available. */
    private int link(ChainBuffers buffers, int direct, long table) {
        int entries = buffers.count() - direct;
        int descriptors = direct + (entries > 0 ? 1 : 0);
        int head = chains.nextHead();
        int at = head;
        for (int i = 0; i < direct; i++) {
            int goesOn = i + 1 < descriptors ? DESC_NEXT : 0;
            buffers.writeEntry(i, space, rings.descHost(), at, goesOn, chains.after(at));
            at = chains.after(at);
        }
        if (entries > 0) {
            int bytes = (int) SplitRing.descBytes(entries);
            ChainBuffers.write(space, rings.descHost(), at, table, bytes, DESC_INDIRECT, 0);
        }
        chains.take(descriptors, buffers.writableBytes(), added);
        space.set(LE16, rings.driverHost() + RING + 2L * (added & mask), (short) head);
        added++;
        return head;
    }

    @Override
    public void publish() {
        VarHandle.releaseFence();
        space.set(LE16, rings.driverHost() + INDEX, (short) added);
        published = added;
    }

    @Override
    public boolean needsKick() {
        VarHandle.fullFence();
        boolean needed;
        if (eventIdx) {
            int event = Short.toUnsignedInt(space.get(LE16, rings.deviceHost() + RING + (long) USED_ELEM_BYTES * size));
            needed = ((published - event - 1) & 0xffff) < published - kicked;
        } else {
            int flags = space.get(LE16, rings.deviceHost() + FLAGS);
            needed = kicked != published && (flags & SplitRing.USED_NO_NOTIFY) == 0;
        }
        kicked = published;
        return needed;
    }

    @Override
    public int poll() {
        if (isBroken()) {
            return BROKEN;
        }
        int pending = pending();
        if (pending == 0) {
            return NOTHING;
        }
        if (pending > chains.chains()) {
            return broken("used index is " + pending + " ahead with " + chains.chains() + " chains outstanding");
        }
        long at = rings.deviceHost() + RING + (long) USED_ELEM_BYTES * (nextUsed & mask);
        int head = space.get(LE32, at);
        long length = Integer.toUnsignedLong(space.get(LE32, at + 4));
        if (!chains.contains(head) || chains.place(head) >= published) {
            return broken("used id " + Integer.toUnsignedString(head) + " is not outstanding");
        }
        if (length > chains.writableBytes(head)) {
            return broken("used length " + length + " of " + chains.writableBytes(head) + " writable bytes (VS-17)");
        }
        nextUsed = (nextUsed + 1) & 0xffff;
        usedLength = length;
        chains.release(head);
        return head;
    }

    private int pending() {
        int index = Short.toUnsignedInt((short) U16.getAcquire(space, rings.deviceHost() + INDEX));
        return (index - nextUsed) & 0xffff;
    }

    private int broken(String because) {
        broken = because;
        return BROKEN;
    }

    @Override
    public long usedLength() {
        return usedLength;
    }

    @Override
    public String brokenBecause() {
        return broken;
    }

    @Override
    public boolean enableInterruptsAfter(int chains) {
        if (chains < 1 || chains > size) {
            throw new IllegalArgumentException("interrupt after " + chains + " chains of " + size);
        }
        int least = eventIdx ? chains : 1;
        if (eventIdx) {
            space.set(LE16, rings.driverHost() + RING + 2L * size, (short) (nextUsed + chains - 1));
        } else {
            space.set(LE16, rings.driverHost() + FLAGS, (short) 0);
        }
        VarHandle.fullFence(); // our wish before the index (VS-20)
        return pending() >= least;
    }

    @Override
    public void disableInterrupts() {
        if (eventIdx) {
            // The index just passed is the one that is reached last.
            space.set(LE16, rings.driverHost() + RING + 2L * size, (short) (nextUsed - 1));
        } else {
            space.set(LE16, rings.driverHost() + FLAGS, (short) SplitRing.AVAIL_NO_INTERRUPT);
        }
    }
}
