package io.vduse4j.fuzz;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;

import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.VirtqueueState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A packed queue (virtio 1.3, 2.8), read a second time. A position is counted on and on: the lap is its quotient by the
 * size, so that the wrap counter follows from it.
 */
final class PackedModel implements RingModel {

    private final FuzzMemory memory;
    private final int size;
    private final int capacity;
    private final boolean indirect;
    private final boolean eventIdx;
    private final boolean valid;

    private int desc;
    private int driverEvent;
    private int deviceEvent;
    private long nextAvail;
    private long nextUsed;
    private long held;

    /** Places in memory and flags of what was given back and is not shown. */
    private final Map<Integer, Integer> unpublished = new LinkedHashMap<>();

    private long unpublishedDescriptors;

    /** The last descriptors that were given back since the last question: position and wrap counter as one number. */
    private final List<Integer> passed = new ArrayList<>();

    private boolean asked;
    private Fault fault;

    /**
     * A queue that is not attached.
     *
     * @param capacity pieces of a chain
     * @param start position and wrap counter where to begin
     */
    PackedModel(FuzzMemory memory, int size, int capacity, boolean indirect, boolean eventIdx, int start) {
        this.memory = memory;
        this.size = size;
        this.capacity = capacity;
        this.indirect = indirect;
        this.eventIdx = eventIdx;
        int position = start & ~VirtqueueState.WRAP;
        valid = position < size;
        // The wrap counter is 1 in lap 0.
        long lap = (start & VirtqueueState.WRAP) != 0 ? 0 : size;
        nextAvail = position + lap;
        nextUsed = nextAvail;
    }

    /** Where a descriptor lies. */
    int place(long position) {
        return desc + 16 * (int) (position % size);
    }

    /** Where the driver says what it wants to hear. */
    int driverEvent() {
        return driverEvent;
    }

    /** Descriptors taken that the driver has not got back. */
    long held() {
        return held;
    }

    long nextAvail() {
        return nextAvail;
    }

    /** Whether the wrap counter is 1 at a position. */
    boolean wrap(long position) {
        return position / size % 2 == 0;
    }

    /** As the vhost protocols write it. */
    private int named(long position) {
        return (int) (position % size) | (wrap(position) ? VirtqueueState.WRAP : 0);
    }

    @Override
    public boolean attach(long descAddress, long driverAddress, long deviceAddress) {
        int first = memory.part(descAddress, 16 * size, 16, GuestMemory.READ | GuestMemory.WRITE);
        int second = memory.part(driverAddress, 4, 4, GuestMemory.READ);
        int third = memory.part(deviceAddress, 4, 4, GuestMemory.WRITE);
        if (!valid || first < 0 || second < 0 || third < 0) {
            return false;
        }
        desc = first;
        driverEvent = second;
        deviceEvent = third;
        memory.expect32(deviceEvent, 0);
        return true;
    }

    private int flags(long position) {
        return memory.get16(place(position) + PackedRing.DESC_FLAGS);
    }

    private boolean isAvailable() {
        boolean avail = (flags(nextAvail) & PackedRing.AVAIL) != 0;
        boolean used = (flags(nextAvail) & PackedRing.USED) != 0;
        return avail == wrap(nextAvail) && used != avail;
    }

    @Override
    public ModelChain next() {
        if (fault != null || !isAvailable()) {
            return null;
        }
        int length = 1;
        while (length <= size && (flags(nextAvail + length - 1) & DESC_NEXT) != 0) {
            length++;
        }
        if (held == size || (length <= size && held + length > size)) {
            fault = Fault.DESCRIPTORS_IN_FLIGHT;
            return null;
        }
        if (length > size) {
            fault = Fault.LIST_ENDLESS;
            return null;
        }
        ModelChain chain = new ModelChain(memory, capacity);
        chain.id = memory.get16(place(nextAvail + length - 1) + PackedRing.DESC_ID);
        chain.descriptors = length;
        Fault found = walk(chain);
        if (found != null) {
            chain.fail(found);
        }
        nextAvail += length;
        held += length;
        return chain;
    }

    private Fault walk(ModelChain chain) {
        Fault found = null;
        for (int i = 0; i < chain.descriptors && found == null; i++) {
            int at = place(nextAvail + i);
            long address = memory.get64(at);
            long length = memory.get32(at + PackedRing.DESC_LENGTH);
            int flags = flags(nextAvail + i);
            found = (flags & DESC_INDIRECT) != 0
                    ? walkTable(chain, address, length)
                    : chain.add(address, length, (flags & DESC_WRITE) != 0);
        }
        return found;
    }

    private Fault walkTable(ModelChain chain, long address, long length) {
        Fault found = ModelChain.checkReference(indirect, chain.descriptors == 1, length, size);
        if (found != null) {
            return found;
        }
        byte[] bytes = chain.table(address, (int) length);
        if (bytes == null) {
            return Fault.INDIRECT_UNMAPPED;
        }
        ByteBuffer table = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (found == null && table.hasRemaining()) {
            long start = table.getLong();
            long count = Integer.toUnsignedLong(table.getInt());
            table.getShort(); // an id means nothing here
            found = chain.add(start, count, (table.getShort() & DESC_WRITE) != 0);
        }
        return found;
    }

    @Override
    public Fault fault() {
        return fault;
    }

    @Override
    public void push(ModelChain chain, long written) {
        int at = place(nextUsed);
        memory.expect32(at + PackedRing.DESC_LENGTH, written);
        memory.expect16(at + PackedRing.DESC_ID, chain.id);
        int owner = wrap(nextUsed) ? PackedRing.AVAIL | PackedRing.USED : 0;
        int flags = owner | (written > 0 ? DESC_WRITE : 0);
        unpublished.put(at + PackedRing.DESC_FLAGS, flags);
        for (int i = 0; i < chain.descriptors; i++) {
            passed.add(named(nextUsed++));
        }
        unpublishedDescriptors += chain.descriptors;
    }

    @Override
    public void publish() {
        unpublished.forEach(memory::expect16);
        unpublished.clear();
        held -= unpublishedDescriptors;
        unpublishedDescriptors = 0;
    }

    /** VP-14; what the driver may not write counts as "notify". */
    @Override
    public boolean wantsInterrupt() {
        int event = memory.get16(driverEvent);
        boolean first = !asked;
        boolean hit =
                passed.subList(Math.max(0, passed.size() - size), passed.size()).contains(event);
        asked = true;
        passed.clear();
        return first
                || switch (memory.get16(driverEvent + 2)) {
                    case PackedRing.EVENT_DISABLE -> false;
                    case PackedRing.EVENT_DESC -> !eventIdx || (event & ~VirtqueueState.WRAP) >= size || hit;
                    default -> true;
                };
    }

    @Override
    public boolean enableKicks() {
        memory.expect16(deviceEvent, named(nextAvail));
        memory.expect16(deviceEvent + 2, eventIdx ? PackedRing.EVENT_DESC : PackedRing.EVENT_ENABLE);
        return isAvailable();
    }

    @Override
    public void disableKicks() {
        memory.expect32(deviceEvent, PackedRing.EVENT_DISABLE << 16);
    }

    @Override
    public VirtqueueState state() {
        return new VirtqueueState(named(nextAvail), named(nextUsed));
    }
}
