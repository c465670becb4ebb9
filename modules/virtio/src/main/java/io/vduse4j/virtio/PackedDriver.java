package io.vduse4j.virtio;

import static io.vduse4j.virtio.PackedRing.DESC_BYTES;
import static io.vduse4j.virtio.PackedRing.DESC_FLAGS;
import static io.vduse4j.virtio.PackedRing.DESC_ID;
import static io.vduse4j.virtio.PackedRing.DESC_LENGTH;
import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.LE16;
import static io.vduse4j.virtio.SplitRing.LE32;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The driver's side of a packed virtqueue (virtio 1.3, 2.8). A batch is shown by one store: the flags of its first
 * descriptor are written last (VP-07).
 */
public final class PackedDriver implements VirtqueueDriver {

    private static final VarHandle U16 = LE16.varHandle();

    private final MemorySegment space;
    private final RingAddresses rings;
    private final int size;
    private final boolean indirect;
    private final boolean eventIdx;
    private final OutstandingIds chains;

    private int nextAvail;
    private boolean availWrap;
    private int nextUsed;
    private boolean usedWrap;

    /** Position of the first descriptor that was added and not published, or -1; its flags are still to be written. */
    private int unpublished = -1;

    private int unpublishedFlags;

    /** Descriptors published since the last question about kicks. */
    private int step;

    private int added;
    private long usedLength;
    private String broken = "";

    /** As {@link VirtqueueDriver#of}. */
    PackedDriver(MemorySegment space, RingAddresses rings, long features, VirtqueueState start) {
        this.space = space;
        this.rings = rings;
        size = rings.size();
        indirect = (features & VirtioFeatures.RING_INDIRECT_DESC) != 0;
        eventIdx = (features & VirtioFeatures.RING_EVENT_IDX) != 0;
        chains = new OutstandingIds(size);
        nextUsed = start.used() & ~VirtqueueState.WRAP;
        usedWrap = (start.used() & VirtqueueState.WRAP) != 0;
        if (nextUsed < 0 || nextUsed >= size || start.avail() != start.used()) {
            throw new IllegalArgumentException("a packed queue of " + size + " cannot begin at " + start);
        }
        nextAvail = nextUsed;
        availWrap = usedWrap;
        space.asSlice(rings.descHost(), PackedRing.descBytes(size)).fill((byte) 0);
        for (int i = 0; i < size; i++) {
            // Used in this lap or in the one before, so that nothing is available and nothing new is used.
            space.set(LE16, at(i) + DESC_FLAGS, (short) PackedRing.used(usedWrap == i < nextUsed));
        }
        space.set(LE32, rings.deviceHost(), 0);
        enableInterrupts();
    }

    private long at(int position) {
        return rings.descHost() + (long) position * DESC_BYTES;
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

    @Override
    public VirtqueueState state() {
        int position = position(nextUsed, usedWrap);
        return new VirtqueueState(position, position);
    }

    private static int position(int next, boolean wrap) {
        return wrap ? next | VirtqueueState.WRAP : next;
    }

    @Override
    public int add(ChainBuffers buffers, int direct, long tableHost, long table) {
        if (direct == 0 && buffers.count() > 0) {
            check(buffers, true);
            if (chains.free() == 0) {
                return FULL;
            }
            buffers.writeTable(space.asSlice(tableHost, PackedRing.descBytes(buffers.count())), true);
            return addTable(buffers, table);
        }
        if (direct != buffers.count()) {
            throw new IllegalArgumentException("a table behind " + direct + " descriptors of a packed queue (VP-10)");
        }
        check(buffers, false);
        if (direct > chains.free()) {
            return FULL;
        }
        int id = chains.take(direct, buffers.writableBytes());
        for (int i = 0; i < direct; i++) {
            int flags = (buffers.isWritable(i) ? SplitRing.DESC_WRITE : 0) | (i + 1 < direct ? DESC_NEXT : 0);
            write(buffers.address(i), buffers.length(i), id, flags);
        }
        return id;
    }

    @Override
    public int addTable(ChainBuffers buffers, long table) {
        check(buffers, true);
        if (chains.free() == 0) {
            return FULL;
        }
        int id = chains.take(1, buffers.writableBytes());
        write(table, (int) PackedRing.descBytes(buffers.count()), id, DESC_INDIRECT);
        return id;
    }

    private void check(ChainBuffers buffers, boolean inTable) {
        if (buffers.count() == 0 || buffers.count() > size) {
            throw new IllegalArgumentException(buffers.count() + " buffers in a queue of " + size);
        }
        if (inTable && !indirect) {
            throw new IllegalStateException("indirect tables were not negotiated");
        }
    }

    /** Writes the next descriptor of the ring. */
    private void write(long address, int length, int id, int kind) {
        long at = at(nextAvail);
        space.set(SplitRing.LE64, at, address);
        space.set(LE32, at + DESC_LENGTH, length);
        space.set(LE16, at + DESC_ID, (short) id);
        int flags = kind | PackedRing.available(availWrap);
        if (unpublished < 0) {
            unpublished = nextAvail;
            unpublishedFlags = flags;
        } else {
            space.set(LE16, at + DESC_FLAGS, (short) flags);
        }
        added++;
        if (++nextAvail == size) {
            nextAvail = 0;
            availWrap = !availWrap;
        }
    }

    @Override
    public void publish() {
        VarHandle.releaseFence();
        if (unpublished >= 0) {
            space.set(LE16, at(unpublished) + DESC_FLAGS, (short) unpublishedFlags);
        }
        unpublished = -1;
        step += added;
        added = 0;
        chains.publish();
    }

    @Override
    public boolean needsKick() {
        VarHandle.fullFence();
        int event = space.get(LE32, rings.deviceHost());
        boolean needed = step > 0
                && PackedRing.wantsEvent(event, eventIdx, size, nextPublished(), wrapPublished(), Math.min(step, size));
        step = 0;
        return needed;
    }

    private int nextPublished() {
        return unpublished < 0 ? nextAvail : unpublished;
    }

    /** What is not published may have passed the end of the ring already. */
    private boolean wrapPublished() {
        return (unpublished < 0 || nextAvail > unpublished) == availWrap;
    }

    @Override
    public int poll() {
        if (isBroken()) {
            return BROKEN;
        }
        if (!isUsed()) {
            return NOTHING;
        }
        long at = at(nextUsed);
        int id = Short.toUnsignedInt(space.get(LE16, at + DESC_ID));
        boolean wrote = (space.get(LE16, at + DESC_FLAGS) & SplitRing.DESC_WRITE) != 0;
        long length = wrote ? Integer.toUnsignedLong(space.get(LE32, at + DESC_LENGTH)) : 0; // VP-12
        if (!chains.contains(id)) {
            return broken("used id " + id + " is not outstanding");
        }
        if (length > chains.writableBytes(id)) {
            return broken("used length " + length + " of " + chains.writableBytes(id) + " writable bytes (VS-17)");
        }
        nextUsed += chains.release(id);
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        usedLength = length;
        return id;
    }

    private boolean isUsed() {
        int flags = (short) U16.getAcquire(space, at(nextUsed) + DESC_FLAGS);
        return (flags & (PackedRing.AVAIL | PackedRing.USED)) == PackedRing.used(usedWrap);
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
    public boolean enableInterruptsAfter(int chainsBack) {
        if (chainsBack < 1 || chainsBack > size) {
            throw new IllegalArgumentException("interrupt after " + chainsBack + " chains of " + size);
        }
        int event = nextUsed + chainsBack - 1;
        boolean nextLap = event >= size;
        int position = position(nextLap ? event - size : event, usedWrap != nextLap);
        int wish = eventIdx ? PackedRing.EVENT_DESC << 16 | position : PackedRing.EVENT_ENABLE << 16;
        space.set(LE32, rings.driverHost(), wish);
        VarHandle.fullFence(); // our wish before the flags (VP-15)
        return isUsed();
    }

    @Override
    public void disableInterrupts() {
        space.set(LE32, rings.driverHost(), PackedRing.EVENT_DISABLE << 16);
    }
}
