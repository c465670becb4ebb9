package io.vduse4j.fuzz;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;

import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A split queue (virtio 1.3, 2.7), read a second time. */
final class SplitModel implements RingModel {

    private static final int WRAP = 1 << 16;
    private static final int INDEX = 2;
    private static final int RING = 4;

    private final FuzzMemory memory;
    private final int size;
    private final int capacity;
    private final boolean indirect;
    private final boolean eventIdx;
    private final boolean[] inFlight;

    private boolean started;
    private int desc;
    private int avail;
    private int used;
    private int nextAvail;
    private int nextUsed;
    private int published;
    private int asked = -1;
    private Fault fault;

    /**
     * A queue that is not attached.
     *
     * @param capacity pieces of a chain
     * @param start where to begin, or -1 for the used index
     */
    SplitModel(FuzzMemory memory, int size, int capacity, boolean indirect, boolean eventIdx, int start) {
        this.memory = memory;
        this.size = size;
        this.capacity = capacity;
        this.indirect = indirect;
        this.eventIdx = eventIdx;
        inFlight = new boolean[size];
        nextAvail = start;
    }

    /** Where the descriptor table lies. */
    int desc() {
        return desc;
    }

    /** Where the available ring lies. */
    int avail() {
        return avail;
    }

    int nextAvail() {
        return nextAvail;
    }

    boolean isInFlight(int head) {
        return inFlight[head];
    }

    @Override
    public boolean attach(long descAddress, long driverAddress, long deviceAddress) {
        int first = memory.part(descAddress, 16 * size, 16, GuestMemory.READ);
        int second = memory.part(driverAddress, RING + 2 * size + 2, 2, GuestMemory.READ);
        int third = memory.part(deviceAddress, RING + 8 * size + 2, 4, GuestMemory.READ | GuestMemory.WRITE);
        if (first < 0 || second < 0 || third < 0) {
            return false;
        }
        desc = first;
        avail = second;
        used = third;
        if (!started) {
            started = true;
            nextUsed = memory.get16(used + INDEX);
            published = nextUsed;
            nextAvail = nextAvail < 0 ? nextUsed : nextAvail;
        }
        memory.expect16(used, 0);
        return true;
    }

    @Override
    public ModelChain next() {
        int ahead = fault == null ? ahead() : 0;
        if (ahead == 0) {
            return null;
        }
        if (ahead > size) {
            fault = Fault.AVAIL_INDEX_JUMP;
            return null;
        }
        int head = memory.get16(avail + RING + 2 * (nextAvail % size));
        if (head >= size) {
            fault = Fault.HEAD_OUT_OF_RANGE;
            return null;
        }
        if (inFlight[head]) {
            fault = Fault.HEAD_IN_FLIGHT;
            return null;
        }
        nextAvail = (nextAvail + 1) % WRAP;
        inFlight[head] = true;
        ModelChain chain = new ModelChain(memory, capacity);
        chain.id = head;
        chain.descriptors = 1;
        Fault found = walk(chain, head);
        if (found != null) {
            chain.fail(found);
        }
        return chain;
    }

    private int ahead() {
        return (memory.get16(avail + INDEX) - nextAvail + WRAP) % WRAP;
    }

    private Fault walk(ModelChain chain, int head) {
        ByteBuffer table = little(memory.view(desc, 16 * size).toArray(ValueLayout.JAVA_BYTE));
        boolean inside = false;
        int index = head;
        for (int buffers = 0; ; buffers++) {
            if (buffers == size) {
                return Fault.CHAIN_TOO_LONG;
            }
            long address = table.getLong(16 * index);
            long length = Integer.toUnsignedLong(table.getInt(16 * index + 8));
            int flags = table.getShort(16 * index + 12);
            int next = Short.toUnsignedInt(table.getShort(16 * index + 14));
            if ((flags & DESC_INDIRECT) != 0) {
                if (inside) {
                    return Fault.INDIRECT_NESTED;
                }
                Fault wrong = ModelChain.checkReference(indirect, (flags & DESC_NEXT) == 0, length, size);
                byte[] copy = wrong == null ? chain.table(address, (int) length) : null;
                if (copy == null) {
                    return wrong == null ? Fault.INDIRECT_UNMAPPED : wrong;
                }
                table = little(copy);
                inside = true;
                index = 0;
                buffers--;
                continue;
            }
            Fault wrong = chain.add(address, length, (flags & DESC_WRITE) != 0);
            if (wrong != null || (flags & DESC_NEXT) == 0) {
                return wrong;
            }
            if (next >= table.capacity() / 16) {
                return Fault.NEXT_OUT_OF_RANGE;
            }
            index = next;
        }
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public Fault fault() {
        return fault;
    }

    @Override
    public void push(ModelChain chain, long written) {
        inFlight[chain.id] = false;
        int place = used + RING + 8 * (nextUsed % size);
        memory.expect32(place, chain.id);
        memory.expect32(place + 4, written);
        nextUsed = (nextUsed + 1) % WRAP;
    }

    @Override
    public void publish() {
        memory.expect16(used + INDEX, nextUsed);
        published = nextUsed;
    }

    /** The driver names the index whose passing it wants to hear of (VS-13), or says no by a flag (VS-14). */
    @Override
    public boolean wantsInterrupt() {
        int from = asked;
        asked = published;
        if (!eventIdx) {
            return (memory.get16(avail) & SplitRing.AVAIL_NO_INTERRUPT) == 0;
        }
        int event = memory.get16(avail + RING + 2 * size);
        for (int index = from; index >= 0 && index != published; index = (index + 1) % WRAP) {
            if (index == event) {
                return true;
            }
        }
        return from < 0;
    }

    @Override
    public boolean enableKicks() {
        if (eventIdx) {
            memory.expect16(used + RING + 8 * size, nextAvail);
        } else {
            memory.expect16(used, 0);
        }
        return ahead() != 0;
    }

    @Override
    public void disableKicks() {
        if (!eventIdx) {
            memory.expect16(used, SplitRing.USED_NO_NOTIFY);
        }
    }

    @Override
    public VirtqueueState state() {
        return new VirtqueueState(nextAvail, nextUsed);
    }
}
