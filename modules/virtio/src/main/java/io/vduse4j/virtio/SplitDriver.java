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

/**
 * The driver's side of a split virtqueue. All methods belong to one thread at a time. Nothing here allocates, blocks or
 * calls the system.
 *
 * <p>Order of a batch: {@link #add} for each chain, one {@link #publish}, one {@link #needsKick}; then {@link #poll}
 * until {@link #NOTHING}, and {@link #enableInterrupts} before sleeping.
 *
 * <p>The device is not trusted: what is free and what is outstanding is kept in this object and never read back from the
 * shared memory. A device that gives back what it does not have breaks the queue ({@link #BROKEN}); only a new object
 * helps then.
 */
public final class SplitDriver {

    /** Result of {@link #poll}: the device has given nothing back. */
    public static final int NOTHING = -1;

    /** Result of {@link #poll}: the device has broken the rules; {@link #brokenBecause} says how. */
    public static final int BROKEN = -2;

    /** Result of {@link #add}: not enough descriptors are free. */
    public static final int FULL = -1;

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

    /**
     * Makes an empty queue; the three parts are zeroed.
     *
     * @param space the memory whose offsets are the host addresses
     * @param rings where the parts lie
     * @param features the negotiated features
     * @param start index of the first chain, 0 to 65535; the device must start there too
     */
    public SplitDriver(MemorySegment space, RingAddresses rings, long features, int start) {
        if (start < 0 || start > 0xffff) {
            throw new IllegalArgumentException("first index of a queue: " + start);
        }
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
        space.asSlice(rings.availHost(), SplitRing.availBytes(size)).fill((byte) 0);
        space.asSlice(rings.usedHost(), SplitRing.usedBytes(size)).fill((byte) 0);
        space.set(LE16, rings.availHost() + INDEX, (short) start);
        space.set(LE16, rings.usedHost() + INDEX, (short) start);
        enableInterrupts();
    }

    /** Where the parts of the queue lie. */
    public RingAddresses rings() {
        return rings;
    }

    /** Descriptors that no chain holds. */
    public int freeDescriptors() {
        return chains.free();
    }

    /** Chains that were added and have not come back. */
    public int outstanding() {
        return chains.chains();
    }

    /** Index behind the last chain that the device can see, 0 to 65535. */
    public int publishedIndex() {
        return (int) published & 0xffff;
    }

    /** Index behind the last chain that was polled, 0 to 65535: where a device that is started again goes on. */
    public int usedIndex() {
        return nextUsed;
    }

    /**
     * Adds a chain with a descriptor for each buffer. The device sees it after {@link #publish}.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @return the head, 0 to size-1, which names the chain until {@link #poll} returns it; or {@link #FULL}
     */
    public int add(ChainBuffers buffers) {
        return add(buffers, buffers.count(), 0, 0);
    }

    /**
     * Adds a chain whose last buffers stand in an indirect table (VS-11). The table is the device's until the chain comes
     * back.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @param direct how many of them get a descriptor of the queue; the others stand in the table
     * @param tableHost host address of the table, a multiple of 8; {@link SplitRing#descBytes} of the others
     * @param table device address of the table
     * @return the head, or {@link #FULL}
     * @throws IllegalStateException if others remain and indirect tables were not negotiated (VS-09)
     */
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

    /**
     * Adds a chain all of whose buffers stand in an indirect table that {@link ChainBuffers#writeTable} has written
     * already: for a driver whose table gets its device address only when it is copied into a bounce buffer.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @param table device address of the table
     * @return the head, or {@link #FULL}
     * @throws IllegalStateException if indirect tables were not negotiated (VS-09)
     */
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
        space.set(LE16, rings.availHost() + RING + 2L * (added & mask), (short) head);
        added++;
        return head;
    }

    /** Shows the device everything that was added: the chains before the index (VS-20). */
    public void publish() {
        VarHandle.releaseFence();
        space.set(LE16, rings.availHost() + INDEX, (short) added);
        published = added;
    }

    /** Whether the device wants a kick for what was published since the last call. One full fence (VS-20). */
    public boolean needsKick() {
        VarHandle.fullFence();
        boolean needed;
        if (eventIdx) {
            int event = Short.toUnsignedInt(space.get(LE16, rings.usedHost() + RING + (long) USED_ELEM_BYTES * size));
            needed = ((published - event - 1) & 0xffff) < published - kicked;
        } else {
            int flags = space.get(LE16, rings.usedHost() + FLAGS);
            needed = kicked != published && (flags & SplitRing.USED_NO_NOTIFY) == 0;
        }
        kicked = published;
        return needed;
    }

    /**
     * Takes the next chain that the device has given back.
     *
     * @return its head, now free; {@link #NOTHING}; or {@link #BROKEN}
     */
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
        long at = rings.usedHost() + RING + (long) USED_ELEM_BYTES * (nextUsed & mask);
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
        int index = Short.toUnsignedInt((short) U16.getAcquire(space, rings.usedHost() + INDEX));
        return (index - nextUsed) & 0xffff;
    }

    private int broken(String because) {
        broken = because;
        return BROKEN;
    }

    /** Bytes that the device says it has written to the chain polled last. */
    public long usedLength() {
        return usedLength;
    }

    /** Whether the device has broken the rules. */
    public boolean isBroken() {
        return !broken.isEmpty();
    }

    /** What the device did, or an empty string. */
    public String brokenBecause() {
        return broken;
    }

    /**
     * Asks for an interrupt for the next chain that comes back.
     *
     * @return whether chains have come back already, so that the caller must poll again before it sleeps
     */
    public boolean enableInterrupts() {
        return enableInterruptsAfter(1);
    }

    /**
     * Asks for an interrupt when several chains have come back; without EVENT_IDX, for the next one.
     *
     * @param chains from 1 to the size of the queue
     * @return whether that many (without EVENT_IDX: any) have come back already
     */
    public boolean enableInterruptsAfter(int chains) {
        if (chains < 1 || chains > size) {
            throw new IllegalArgumentException("interrupt after " + chains + " chains of " + size);
        }
        int least = eventIdx ? chains : 1;
        if (eventIdx) {
            space.set(LE16, rings.availHost() + RING + 2L * size, (short) (nextUsed + chains - 1));
        } else {
            space.set(LE16, rings.availHost() + FLAGS, (short) 0);
        }
        VarHandle.fullFence(); // our wish before the index (VS-20)
        return pending() >= least;
    }

    /** Asks for no interrupts; some may come all the same (VS-15). */
    public void disableInterrupts() {
        if (eventIdx) {
            // The index just passed is the one that is reached last.
            space.set(LE16, rings.availHost() + RING + 2L * size, (short) (nextUsed - 1));
        } else {
            space.set(LE16, rings.availHost() + FLAGS, (short) SplitRing.AVAIL_NO_INTERRUPT);
        }
    }
}
