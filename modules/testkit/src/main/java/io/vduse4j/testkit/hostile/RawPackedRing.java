package io.vduse4j.testkit.hostile;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A packed queue as raw bytes (virtio 1.3, 2.8). Two chains in flight may have one id if they are of one length: the one
 * that was placed first is taken for the one that comes back first.
 */
public final class RawPackedRing implements RawRing {

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle U16 = LE16.varHandle();

    /** The flags that say whose a descriptor is. */
    private static final int OWNER = PackedRing.AVAIL | PackedRing.USED;

    private final int size;
    private final boolean eventIdx;
    private final MemorySegment ring;
    private final MemorySegment driverEvent;
    private final Map<Integer, Deque<RawChain>> byId = new HashMap<>();

    private int room;
    private int outstanding;
    private int nextAvail;
    private boolean availWrap;
    private int nextUsed;
    private boolean usedWrap;

    /** Place of the first descriptor that was not published, whose flags are still to be written; or -1. */
    private int unpublished = -1;

    private int unpublishedFlags;

    RawPackedRing(MemorySegment space, RingAddresses rings, boolean eventIdx, VirtqueueState start) {
        size = rings.size();
        this.eventIdx = eventIdx;
        ring = space.asSlice(rings.descHost(), PackedRing.descBytes(size));
        driverEvent = space.asSlice(rings.driverHost(), PackedRing.EVENT_BYTES);
        ring.fill((byte) 0);
        driverEvent.fill((byte) 0);
        space.asSlice(rings.deviceHost(), PackedRing.EVENT_BYTES).fill((byte) 0);
        nextAvail = start.avail() & ~VirtqueueState.WRAP;
        availWrap = (start.avail() & VirtqueueState.WRAP) != 0;
        nextUsed = nextAvail;
        usedWrap = availWrap;
        room = size;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int room() {
        return room;
    }

    @Override
    public int outstanding() {
        return outstanding;
    }

    @Override
    public void place(RawChain chain) {
        List<RawDescriptor> descriptors = chain.descriptors();
        for (int i = 0; i < descriptors.size(); i++) {
            placeOne(descriptors.get(i), chain.id(), !chain.stale() || i == 0);
        }
        room -= descriptors.size();
        byId.computeIfAbsent(chain.id(), _ -> new ArrayDeque<>()).add(chain);
        outstanding++;
    }

    /** Writes a descriptor that belongs to no chain of ours; nothing is expected to come back for it. */
    public void placeOne(RawDescriptor descriptor, int id, boolean available) {
        long at = (long) nextAvail * PackedRing.DESC_BYTES;
        // What is not available is as if it were left over from the lap before, where it was used.
        int stale = availWrap ? 0 : OWNER;
        int owner = available ? availWrap ? PackedRing.AVAIL : PackedRing.USED : stale;
        int flags = (descriptor.flags() & ~OWNER) | owner;
        ring.set(LE64, at, descriptor.address());
        ring.set(LE32, at + PackedRing.DESC_LENGTH, descriptor.length());
        ring.set(LE16, at + PackedRing.DESC_ID, (short) id);
        if (unpublished < 0) {
            unpublished = nextAvail;
            unpublishedFlags = flags;
        } else {
            ring.set(LE16, at + PackedRing.DESC_FLAGS, (short) flags);
        }
        nextAvail++;
        if (nextAvail == size) {
            nextAvail = 0;
            availWrap = !availWrap;
        }
    }

    @Override
    public void publish() {
        if (unpublished >= 0) {
            VarHandle.releaseFence();
            ring.set(
                    LE16, (long) unpublished * PackedRing.DESC_BYTES + PackedRing.DESC_FLAGS, (short) unpublishedFlags);
            unpublished = -1;
        }
    }

    @Override
    public Optional<Used> poll() {
        if (outstanding == 0) {
            return Optional.empty();
        }
        long at = (long) nextUsed * PackedRing.DESC_BYTES;
        int flags = (short) U16.getAcquire(ring, at + PackedRing.DESC_FLAGS);
        if ((flags & OWNER) != (usedWrap ? OWNER : 0)) {
            return Optional.empty();
        }
        int id = Short.toUnsignedInt(ring.get(LE16, at + PackedRing.DESC_ID));
        Deque<RawChain> named = byId.get(id);
        if (named == null) {
            throw new DeviceFaultException("used descriptor names id " + id
                    + ", which the device does not have: given back twice, or never given");
        }
        RawChain chain = named.removeFirst();
        if (named.isEmpty()) {
            byId.remove(id);
        }
        int count = chain.descriptors().size();
        nextUsed += count;
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        room += count;
        outstanding--;
        boolean counts = (flags & SplitRing.DESC_WRITE) != 0; // VP-12
        return Optional.of(new Used(
                chain, counts ? Integer.toUnsignedLong(ring.get(LE32, at + PackedRing.DESC_LENGTH)) : 0));
    }

    /** Values without a meaning ask for an interrupt, and so does a place where there is none (VP-14). */
    @Override
    public void wish(boolean wanted, int choice) {
        int event = choice & 0xffff;
        int flags;
        if (!wanted) {
            flags = PackedRing.EVENT_DISABLE;
        } else if (eventIdx && (choice & 0x10000) != 0) {
            flags = PackedRing.EVENT_DESC;
            event = (choice & 0x20000) != 0
                    ? size + (event & 0x7fff) % (VirtqueueState.WRAP - size)
                    : nextUsed | (usedWrap ? VirtqueueState.WRAP : 0);
        } else {
            flags = (choice & 0x20000) != 0 ? PackedRing.EVENT_ENABLE : 3 + (choice >>> 18);
        }
        driverEvent.set(LE32, 0, flags << 16 | event);
        VarHandle.fullFence(); // the wish before the flags (VP-15)
    }

    /** Nothing: a packed ring is written by both sides; what the device must not touch of it are descriptors in flight. */
    @Override
    public void check() {}
}
