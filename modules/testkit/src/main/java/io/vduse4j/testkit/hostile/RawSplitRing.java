package io.vduse4j.testkit.hostile;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/** A split queue as raw bytes (virtio 1.3, 2.7). */
public final class RawSplitRing implements RawRing {

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle U16 = LE16.varHandle();

    private final int size;
    private final boolean eventIdx;
    private final MemorySegment table;
    private final MemorySegment avail;
    private final MemorySegment used;

    /** What the table must still be. */
    private final MemorySegment shadow;

    private final int[] free;
    private int room;
    private final RawChain[] byHead;
    private final int[][] members;
    private int outstanding;
    private int nextAvail;
    private int nextUsed;

    RawSplitRing(MemorySegment space, RingAddresses rings, boolean eventIdx, VirtqueueState start) {
        size = rings.size();
        this.eventIdx = eventIdx;
        table = space.asSlice(rings.descHost(), SplitRing.descBytes(size));
        avail = space.asSlice(rings.driverHost(), SplitRing.availBytes(size));
        used = space.asSlice(rings.deviceHost(), SplitRing.usedBytes(size));
        table.fill((byte) 0);
        avail.fill((byte) 0);
        used.fill((byte) 0);
        shadow = MemorySegment.ofArray(new long[size * SplitRing.DESC_BYTES / Long.BYTES]);
        free = new int[size];
        Arrays.setAll(free, i -> i);
        room = size;
        byHead = new RawChain[size];
        members = new int[size][];
        nextAvail = start.avail();
        nextUsed = start.used();
        avail.set(LE16, SplitRing.INDEX, (short) nextAvail);
        used.set(LE16, SplitRing.INDEX, (short) nextUsed);
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
        int count = chain.descriptors().size();
        int[] own = new int[count];
        for (int i = 0; i < count; i++) {
            own[i] = free[--room];
        }
        for (int i = 0; i < count; i++) {
            RawDescriptor descriptor = chain.descriptors().get(i);
            int next = descriptor.next() < 0 ? ~descriptor.next() : own[Math.min(descriptor.next(), count - 1)];
            write(own[i], descriptor, next);
        }
        byHead[own[0]] = chain;
        members[own[0]] = own;
        outstanding++;
        placeHead(own[0]);
    }

    private void write(int index, RawDescriptor descriptor, int next) {
        long at = (long) index * SplitRing.DESC_BYTES;
        table.set(LE64, at, descriptor.address());
        table.set(LE32, at + 8, descriptor.length());
        table.set(LE16, at + 12, (short) descriptor.flags());
        table.set(LE16, at + 14, (short) next);
        MemorySegment.copy(table, at, shadow, at, SplitRing.DESC_BYTES);
    }

    /** Names any head in the available ring; nothing is expected to come back for it. */
    public void placeHead(int head) {
        avail.set(LE16, SplitRing.RING + 2L * (nextAvail & (size - 1)), (short) head);
        nextAvail = (nextAvail + 1) & 0xffff;
    }

    /** The head that was placed last. */
    public int lastHead() {
        return Short.toUnsignedInt(avail.get(LE16, SplitRing.RING + 2L * ((nextAvail - 1) & (size - 1))));
    }

    @Override
    public void publish() {
        publishIndex(nextAvail);
    }

    /** Shows the device an available index of the caller's choice. */
    public void publishIndex(int index) {
        VarHandle.releaseFence();
        avail.set(LE16, SplitRing.INDEX, (short) index);
    }

    /** The index behind all that was placed. */
    public int nextAvail() {
        return nextAvail;
    }

    @Override
    public Optional<Used> poll() {
        int index = Short.toUnsignedInt((short) U16.getAcquire(used, (long) SplitRing.INDEX));
        if (index == nextUsed) {
            return Optional.empty();
        }
        int ahead = (index - nextUsed) & 0xffff;
        if (ahead > outstanding) {
            throw new DeviceFaultException(ahead + " chains given back of " + outstanding + " (VS-16)");
        }
        long at = SplitRing.RING + (long) SplitRing.USED_ELEM_BYTES * (nextUsed & (size - 1));
        int head = used.get(LE32, at);
        if (Integer.compareUnsigned(head, size) >= 0 || byHead[head] == null) {
            throw new DeviceFaultException("used element names " + Integer.toUnsignedString(head)
                    + ", which the device does not have: given back twice, or never given");
        }
        RawChain chain = byHead[head];
        byHead[head] = null;
        for (int member : members[head]) {
            free[room++] = member;
        }
        outstanding--;
        nextUsed = (nextUsed + 1) & 0xffff;
        return Optional.of(new Used(chain, Integer.toUnsignedLong(used.get(LE32, at + 4))));
    }

    /** Without EVENT_IDX only bit 0 of the flags counts, with it only the event (VS-13, VS-14). */
    @Override
    public void wish(boolean wanted, int choice) {
        int flags = eventIdx ? choice : choice & ~SplitRing.AVAIL_NO_INTERRUPT;
        int event = eventIdx && wanted ? nextUsed : choice >>> 16;
        if (!wanted && !eventIdx) {
            flags |= SplitRing.AVAIL_NO_INTERRUPT;
        }
        avail.set(LE16, SplitRing.FLAGS, (short) flags);
        avail.set(LE16, SplitRing.RING + 2L * size, (short) event);
        VarHandle.fullFence(); // the wish before the index (VS-20)
    }

    @Override
    public void check() {
        long differs = table.mismatch(shadow);
        if (differs != -1) {
            throw new DeviceFaultException(
                    "the device has written descriptor " + differs / SplitRing.DESC_BYTES + " of the table (VS-07)");
        }
    }
}
