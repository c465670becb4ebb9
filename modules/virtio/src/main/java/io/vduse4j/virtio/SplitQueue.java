package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.FLAGS;
import static io.vduse4j.virtio.SplitRing.INDEX;
import static io.vduse4j.virtio.SplitRing.LE16;
import static io.vduse4j.virtio.SplitRing.LE32;
import static io.vduse4j.virtio.SplitRing.RING;
import static io.vduse4j.virtio.SplitRing.USED_ELEM_BYTES;

import io.vduse4j.virtio.RingParts.Part;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The device's side of a split virtqueue (virtio 1.3, 2.7). The slot of a chain is the index of its first descriptor, so
 * that a driver that makes a head available twice is found out.
 */
public final class SplitQueue implements Virtqueue {

    private static final VarHandle U16 = LE16.varHandle();

    private final int index;
    private final int size;
    private final int mask;
    private final boolean eventIdx;
    private final RingParts parts;
    private final SplitWalker walker;
    private final InFlight inFlight;
    private final Chain[] slots;

    private MemorySegment space = MemorySegment.NULL;
    private boolean started;
    private long desc;
    private long avail;
    private long used;

    private int nextAvail;
    private int nextUsed;
    private int published;
    private int interrupted;
    private boolean interruptedIsKnown;
    private Fault fault;

    /** As {@link Virtqueue#of}. */
    SplitQueue(
            int index,
            int size,
            long features,
            VirtqueueState start,
            MemorySource source,
            InFlight inFlight,
            Chain[] slots) {
        if (!SplitRing.isValidSize(size) || slots.length != size) {
            throw new IllegalArgumentException("size of a split queue: " + size + ", of " + slots.length + " slots");
        }
        this.index = index;
        this.size = size;
        mask = size - 1;
        eventIdx = (features & VirtioFeatures.RING_EVENT_IDX) != 0;
        parts = new RingParts(
                source,
                new Part(SplitRing.descBytes(size), 16, GuestMemory.READ),
                new Part(SplitRing.availBytes(size), 2, GuestMemory.READ),
                new Part(SplitRing.usedBytes(size), 4, GuestMemory.READ | GuestMemory.WRITE));
        walker = new SplitWalker(size, (features & VirtioFeatures.RING_INDIRECT_DESC) != 0, source);
        this.inFlight = inFlight;
        this.slots = slots;
        nextAvail = start.avail();
    }

    @Override
    public boolean attach(long descAddress, long availAddress, long usedAddress) {
        detach();
        if (!parts.locate(descAddress, availAddress, usedAddress)) {
            return false;
        }
        space = parts.space();
        desc = parts.desc();
        avail = parts.driver();
        used = parts.device();
        if (!started) {
            started = true;
            nextUsed = Short.toUnsignedInt((short) U16.getAcquire(space, used + INDEX));
            published = nextUsed;
            nextAvail = nextAvail < 0 ? nextUsed : nextAvail;
        }
        space.set(LE16, used + FLAGS, (short) 0);
        return true;
    }

    @Override
    public void detach() {
        parts.forget();
        space = MemorySegment.NULL;
    }

    @Override
    public boolean isAttached() {
        return parts.isLocated();
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public VirtqueueState state() {
        return new VirtqueueState(nextAvail, nextUsed);
    }

    /** Chains that were made available and not taken, 0 to size; or -1 if the index has jumped (VS-12). */
    int available() {
        int index = Short.toUnsignedInt((short) U16.getAcquire(space, avail + INDEX));
        int count = (index - nextAvail) & 0xffff;
        return count <= size ? count : -1;
    }

    @Override
    public Chain take() {
        if (fault != null) {
            return null;
        }
        int available = available();
        if (available <= 0) {
            return available == 0 ? null : broken(Fault.AVAIL_INDEX_JUMP);
        }
        int head = Short.toUnsignedInt(space.get(LE16, avail + RING + 2L * (nextAvail & mask)));
        if (head >= size) {
            return broken(Fault.HEAD_OUT_OF_RANGE);
        }
        Chain chain = slots[head];
        if (chain.inFlight()) {
            return broken(Fault.HEAD_IN_FLIGHT);
        }
        inFlight.fetched(head, DescriptorList.NONE);
        return walk(head, chain);
    }

    private Chain walk(int head, Chain chain) {
        nextAvail = (nextAvail + 1) & 0xffff;
        Fault unusable = walker.walk(desc, head, chain);
        chain.taken(head, 1);
        if (unusable != null) {
            chain.fail(unusable);
        }
        return chain;
    }

    /** {@inheritDoc} The index in the ring says it. */
    @Override
    public int usedPosition(int before, int after, int[] batch) {
        return Short.toUnsignedInt((short) U16.getAcquire(space, used + INDEX));
    }

    @Override
    public void resumeAt(int position) {
        nextAvail = position;
        nextUsed = position;
        published = position;
    }

    @Override
    public Chain retake(int head, DescriptorList list) {
        return walk(head, slots[head]);
    }

    private Chain broken(Fault because) {
        fault = because;
        return null;
    }

    @Override
    public int slotOf(Chain chain) {
        return chain.id();
    }

    @Override
    public Fault fault() {
        return fault;
    }

    @Override
    public void push(Chain chain, long written) {
        inFlight.completed(chain.id());
        long at = used + RING + (long) USED_ELEM_BYTES * (nextUsed & mask);
        space.set(LE32, at, chain.id());
        space.set(LE32, at + 4, (int) written);
        nextUsed = (nextUsed + 1) & 0xffff;
        chain.end();
    }

    @Override
    public void drop(Chain chain) {
        chain.end();
    }

    @Override
    public boolean hasUnpublished() {
        return nextUsed != published;
    }

    /**
     * {@inheritDoc}
     *
     * <p>A release fence and a plain store, since other 16-bit forms kill the JVM when the peer has taken the memory away
     * (J-14).
     */
    @Override
    public void publish() {
        VarHandle.releaseFence();
        space.set(LE16, used + INDEX, (short) nextUsed);
        published = nextUsed;
        inFlight.published(nextUsed);
    }

    /** {@inheritDoc} The rules are VS-13 and VS-14. */
    @Override
    public boolean wantsInterrupt() {
        VarHandle.fullFence(); // the index before the driver's wish: the other side does the opposite (VS-20)
        boolean wanted;
        if (eventIdx) {
            int event = Short.toUnsignedInt(space.get(LE16, avail + RING + 2L * size));
            int sinceEvent = (published - event - 1) & 0xffff;
            int sinceInterrupt = (published - interrupted) & 0xffff;
            wanted = !interruptedIsKnown || sinceEvent < sinceInterrupt;
        } else {
            wanted = (space.get(LE16, avail + FLAGS) & SplitRing.AVAIL_NO_INTERRUPT) == 0;
        }
        interrupted = published;
        interruptedIsKnown = true;
        return wanted;
    }

    @Override
    public boolean enableKicks() {
        if (eventIdx) {
            space.set(LE16, used + RING + (long) USED_ELEM_BYTES * size, (short) nextAvail);
        } else {
            space.set(LE16, used + FLAGS, (short) 0);
        }
        VarHandle.fullFence(); // our wish before the index (VS-20)
        return available() != 0;
    }

    /** {@inheritDoc} With EVENT_IDX the event that stays behind says so by itself. */
    @Override
    public void disableKicks() {
        if (!eventIdx) {
            space.set(LE16, used + FLAGS, (short) SplitRing.USED_NO_NOTIFY);
        }
    }
}
