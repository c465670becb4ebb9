package io.vduse4j.virtio;

import static io.vduse4j.virtio.PackedRing.DESC_BYTES;
import static io.vduse4j.virtio.PackedRing.DESC_FLAGS;
import static io.vduse4j.virtio.PackedRing.DESC_ID;
import static io.vduse4j.virtio.PackedRing.DESC_LENGTH;
import static io.vduse4j.virtio.SplitRing.LE16;
import static io.vduse4j.virtio.SplitRing.LE32;

import io.vduse4j.virtio.RingParts.Part;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The device's side of a packed virtqueue (virtio 1.3, 2.8). Slots are handed out from a list of the free ones: the id of
 * a list is the driver's, may be any number, and is never an index here (VP-13, BUG-04).
 *
 * <p>A batch is shown at a stretch: the flags of its first descriptor are written before the others, when all the rest of it
 * stands in the ring (VP-06). They say whether a process that died had given the batch back; the flags that are missing
 * then can still be written. The other way round they would stand there, believed by the driver one day, although the
 * batch was never given back (reliability B4).
 */
public final class PackedQueue implements Virtqueue {

    private static final VarHandle U16 = LE16.varHandle();

    private final int index;
    private final int size;
    private final boolean eventIdx;
    private final RingParts parts;
    private final PackedWalker walker;
    private final InFlight inFlight;
    private final Chain[] slots;

    /** Indices of the slots that hold no chain; the first {@code freeSlots} count. */
    private final int[] free;

    private int freeSlots;

    /** Descriptors of the ring that chains in flight hold, or that wait to be shown. */
    private int held;

    private MemorySegment space = MemorySegment.NULL;
    private long desc;
    private long driverEvent;
    private long deviceEvent;

    private int nextAvail;
    private boolean availWrap;
    private int nextUsed;
    private boolean usedWrap;

    /** Positions of the chains that were pushed and not published, and their flags; the first {@code waiting} count. */
    private final int[] waitingAt;

    private final short[] waitingFlags;
    private int waiting;

    /** Descriptors of the chains that wait: the driver has not got them back. */
    private int waitingDescriptors;

    /** Descriptors published since the last question about interrupts. */
    private int step;

    private boolean interruptedIsKnown;
    private Fault fault;

    /** As {@link Virtqueue#of}. What was taken before and not given back is taken again. */
    PackedQueue(
            int index,
            int size,
            long features,
            VirtqueueState start,
            MemorySource source,
            InFlight inFlight,
            Chain[] slots) {
        if (!PackedRing.isValidSize(size) || slots.length != size) {
            throw new IllegalArgumentException("size of a packed queue: " + size + ", of " + slots.length + " slots");
        }
        if (start.equals(VirtqueueState.FROM_USED)) {
            throw new IllegalArgumentException("a packed queue does not tell where it stands");
        }
        this.index = index;
        this.size = size;
        eventIdx = (features & VirtioFeatures.RING_EVENT_IDX) != 0;
        parts = new RingParts(
                source,
                new Part(PackedRing.descBytes(size), 16, GuestMemory.READ | GuestMemory.WRITE),
                new Part(PackedRing.EVENT_BYTES, 4, GuestMemory.READ),
                new Part(PackedRing.EVENT_BYTES, 4, GuestMemory.WRITE));
        walker = new PackedWalker(size, (features & VirtioFeatures.RING_INDIRECT_DESC) != 0, source);
        this.inFlight = inFlight;
        this.slots = slots;
        waitingAt = new int[size];
        waitingFlags = new short[size];
        free = new int[size];
        for (int slot = size - 1; slot >= 0; slot--) {
            free[freeSlots++] = slot;
        }
        nextUsed = start.used() & ~VirtqueueState.WRAP;
        usedWrap = (start.used() & VirtqueueState.WRAP) != 0;
        nextAvail = nextUsed;
        availWrap = usedWrap;
    }

    @Override
    public boolean attach(long descAddress, long driverAddress, long deviceAddress) {
        detach();
        if (nextUsed >= size || !parts.locate(descAddress, driverAddress, deviceAddress)) {
            return false;
        }
        space = parts.space();
        desc = parts.desc();
        driverEvent = parts.driver();
        deviceEvent = parts.device();
        space.set(LE32, deviceEvent, PackedRing.EVENT_ENABLE << 16);
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
        return new VirtqueueState(position(nextAvail, availWrap), position(nextUsed, usedWrap));
    }

    private static int position(int next, boolean wrap) {
        return wrap ? next | VirtqueueState.WRAP : next;
    }

    /** Whether the driver has made the next descriptor available (VP-05). */
    private boolean hasNext() {
        return isAvailable(nextAvail, availWrap);
    }

    private long at(int position) {
        return desc + (long) position * DESC_BYTES;
    }

    @Override
    public Chain take() {
        if (fault != null || !hasNext()) {
            return null;
        }
        if (held == size) {
            return broken(Fault.DESCRIPTORS_IN_FLIGHT);
        }
        int slot = free[freeSlots - 1];
        Chain chain = slots[slot];
        Fault unusable = walker.walk(desc, nextAvail, chain);
        int length = walker.descriptors();
        if (length == 0 || held + length > size) {
            chain.end();
            return broken(length == 0 ? Fault.LIST_ENDLESS : Fault.DESCRIPTORS_IN_FLIGHT);
        }
        inFlight.fetched(slot, walker);
        return taken(chain, unusable);
    }

    private Chain taken(Chain chain, Fault unusable) {
        int length = walker.descriptors();
        freeSlots--;
        held += length;
        nextAvail += length;
        if (nextAvail >= size) {
            nextAvail -= size;
            availWrap = !availWrap;
        }
        chain.taken(walker.id(), length);
        if (unusable != null) {
            chain.fail(unusable);
        }
        return chain;
    }

    /** {@inheritDoc} The flags of the descriptor at the earlier place are the first that a batch writes (B4). */
    @Override
    public int usedPosition(int before, int after, int[] batch) {
        int position = before & ~VirtqueueState.WRAP;
        boolean wrap = (before & VirtqueueState.WRAP) != 0;
        if (position >= size || isAvailable(position, wrap)) {
            return before; // whoever keeps a place that there is not is not to be believed, and finds out
        }
        for (int descriptors : batch) {
            if (isAvailable(position, wrap)) {
                int written = space.get(LE32, at(position) + DESC_LENGTH);
                space.set(LE16, at(position) + DESC_FLAGS, usedFlags(wrap, written));
            }
            position += descriptors;
            if (position >= size) {
                position -= size;
                wrap = !wrap;
            }
        }
        VarHandle.releaseFence(); // before the log says that all of it is shown
        return after;
    }

    private boolean isAvailable(int position, boolean wrap) {
        int flags = (short) U16.getAcquire(space, at(position) + DESC_FLAGS);
        return (flags & (PackedRing.AVAIL | PackedRing.USED)) == PackedRing.available(wrap);
    }

    /** The flags of a used element (VP-12). */
    private static short usedFlags(boolean wrap, long written) {
        return (short) (PackedRing.used(wrap) | (written != 0 ? SplitRing.DESC_WRITE : 0));
    }

    @Override
    public void resumeAt(int position) {
        nextUsed = position & ~VirtqueueState.WRAP;
        usedWrap = (position & VirtqueueState.WRAP) != 0;
        nextAvail = nextUsed;
        availWrap = usedWrap;
    }

    @Override
    public Chain retake(int head, DescriptorList list) {
        Chain chain = slots[free[freeSlots - 1]];
        return taken(chain, walker.walk(list, chain));
    }

    private Chain broken(Fault because) {
        fault = because;
        return null;
    }

    @Override
    public Fault fault() {
        return fault;
    }

    @Override
    public void push(Chain chain, long written) {
        inFlight.completed(slotOf(chain));
        long at = at(nextUsed);
        space.set(LE32, at + DESC_LENGTH, (int) written);
        space.set(LE16, at + DESC_ID, (short) chain.id());
        waitingAt[waiting] = nextUsed;
        waitingFlags[waiting++] = usedFlags(usedWrap, written);
        int descriptors = chain.descriptors();
        waitingDescriptors += descriptors;
        nextUsed += descriptors;
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        end(chain);
    }

    @Override
    public int slotOf(Chain chain) {
        return chain.slot() - slots[0].slot();
    }

    @Override
    public void drop(Chain chain) {
        held -= chain.descriptors();
        end(chain);
    }

    private void end(Chain chain) {
        free[freeSlots++] = slotOf(chain);
        chain.end();
    }

    @Override
    public boolean hasUnpublished() {
        return waiting > 0;
    }

    /** {@inheritDoc} Release fences and plain stores, for the reason that {@link SplitQueue#publish} gives. */
    @Override
    public void publish() {
        if (waiting > 0) {
            inFlight.publishing();
            for (int i = 0; i < waiting; i++) {
                VarHandle.releaseFence();
                space.set(LE16, at(waitingAt[i]) + DESC_FLAGS, waitingFlags[i]);
            }
            VarHandle.releaseFence(); // before the log says that all of it is shown
            waiting = 0;
            step += waitingDescriptors;
            held -= waitingDescriptors;
            waitingDescriptors = 0;
        }
        inFlight.published(position(nextUsed, usedWrap));
    }

    /** {@inheritDoc} The rule is VP-14. */
    @Override
    public boolean wantsInterrupt() {
        VarHandle.fullFence(); // the flags before the driver's wish: the other side does the opposite (VP-15)
        int event = space.get(LE32, driverEvent);
        boolean wanted = !interruptedIsKnown
                || PackedRing.wantsEvent(event, eventIdx, size, nextUsed, usedWrap, Math.min(step, size));
        step = 0;
        interruptedIsKnown = true;
        return wanted;
    }

    @Override
    public boolean enableKicks() {
        int flags = eventIdx ? PackedRing.EVENT_DESC : PackedRing.EVENT_ENABLE;
        space.set(LE32, deviceEvent, flags << 16 | position(nextAvail, availWrap));
        VarHandle.fullFence(); // our wish before the flags (VP-15)
        return hasNext();
    }

    @Override
    public void disableKicks() {
        space.set(LE32, deviceEvent, PackedRing.EVENT_DISABLE << 16);
    }
}
