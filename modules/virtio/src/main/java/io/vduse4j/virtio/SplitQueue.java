package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.FLAGS;
import static io.vduse4j.virtio.SplitRing.INDEX;
import static io.vduse4j.virtio.SplitRing.LE16;
import static io.vduse4j.virtio.SplitRing.LE32;
import static io.vduse4j.virtio.SplitRing.RING;
import static io.vduse4j.virtio.SplitRing.USED_ELEM_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The device's side of a split virtqueue. All methods belong to the queue's worker. Nothing here allocates or blocks.
 *
 * <p>Order of a batch: {@link #available}, {@link #take} for each chain, {@link #push} for each chain that is done, one
 * {@link #publish}, one {@link #wantsInterrupt}.
 */
public final class SplitQueue {

    private static final VarHandle U16 = LE16.varHandle();
    private static final long NOWHERE = -1;

    /** Times that the rings are looked for again because memory was taken away meanwhile. */
    private static final int ATTEMPTS = 3;

    private final int index;
    private final int size;
    private final int mask;
    private final boolean eventIdx;
    private final MemorySource source;
    private final ChainWalker walker;
    private final InFlight inFlight;

    private MemorySegment space = MemorySegment.NULL;
    private boolean attached;
    private boolean started;
    private long desc;
    private long avail;
    private long used;

    private int nextAvail;
    private int nextUsed;
    private int published;
    private int interrupted;
    private boolean interruptedIsKnown;

    /**
     * Makes a queue that is not yet attached to its rings.
     *
     * @param index index of the queue on the device
     * @param size entries of the rings, as {@link SplitRing#isValidSize} wants it
     * @param features the negotiated features
     * @param nextAvail index of the first chain to take, 0 to 65535; or -1 to begin behind the last that was given back
     * @param source the driver's memory
     * @param inFlight told of each chain's steps
     */
    public SplitQueue(int index, int size, long features, int nextAvail, MemorySource source, InFlight inFlight) {
        if (!SplitRing.isValidSize(size)) {
            throw new IllegalArgumentException("size of a split queue: " + size);
        }
        this.index = index;
        this.size = size;
        mask = size - 1;
        eventIdx = (features & VirtioFeatures.RING_EVENT_IDX) != 0;
        this.source = source;
        walker = new ChainWalker(size, (features & VirtioFeatures.RING_INDIRECT_DESC) != 0, source);
        this.inFlight = inFlight;
        this.nextAvail = nextAvail;
    }

    /**
     * Finds the rings in the memory of now. Each part must lie in one region in whole, aligned as the specification wants
     * it (VS-01). Can be repeated when the memory has changed; the indices go on.
     *
     * @param descAddress device address of the descriptor table
     * @param availAddress device address of the available ring
     * @param usedAddress device address of the used ring
     * @return whether the rings are there; if not, the queue is detached
     */
    public boolean attach(long descAddress, long availAddress, long usedAddress) {
        detach();
        if (!locateAll(descAddress, availAddress, usedAddress)) {
            return false;
        }
        attached = true;
        if (!started) {
            started = true;
            nextUsed = Short.toUnsignedInt((short) U16.getAcquire(space, used + INDEX));
            published = nextUsed;
            nextAvail = nextAvail < 0 ? nextUsed : nextAvail & 0xffff;
        }
        space.set(LE16, used + FLAGS, (short) 0);
        return true;
    }

    /** All parts in one generation: looking for one on demand can bring a table in which another has moved. */
    private boolean locateAll(long descAddress, long availAddress, long usedAddress) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long generation = source.memory().generation();
            desc = locate(descAddress, SplitRing.descBytes(size), GuestMemory.READ, 16);
            avail = locate(availAddress, SplitRing.availBytes(size), GuestMemory.READ, 2);
            used = locate(usedAddress, SplitRing.usedBytes(size), GuestMemory.READ | GuestMemory.WRITE, 4);
            GuestMemory memory = source.memory();
            if (memory.generation() == generation) {
                boolean all = desc != NOWHERE && avail != NOWHERE && used != NOWHERE;
                space = all ? memory.space() : MemorySegment.NULL;
                return all;
            }
        }
        return false;
    }

    private long locate(long address, long bytes, int access, int alignment) {
        GuestMemory memory = source.memory();
        int region = memory.find(address);
        if (region < 0) {
            memory = source.resolve(address);
            region = memory.find(address);
        }
        if (region < 0 || !memory.grants(region, access) || memory.contiguous(region, address, bytes) != bytes) {
            return NOWHERE;
        }
        long host = memory.host(region, address);
        return address % alignment == 0 && host % alignment == 0 ? host : NOWHERE;
    }

    /** Forgets where the rings are; nothing is read or written until they are attached again. */
    public void detach() {
        attached = false;
        space = MemorySegment.NULL;
    }

    /** Whether the rings are known. */
    public boolean isAttached() {
        return attached;
    }

    /** Index of the queue on the device. */
    public int index() {
        return index;
    }

    /** Entries of the rings. */
    public int size() {
        return size;
    }

    /** Index of the next chain to take, 0 to 65535: what GET_VQ_STATE asks for once nothing is in flight. */
    public int nextAvail() {
        return nextAvail;
    }

    /**
     * Chains that the driver has made available and that were not taken.
     *
     * @return 0 to size, or -1 if the index has jumped (VS-12)
     */
    public int available() {
        int index = Short.toUnsignedInt((short) U16.getAcquire(space, avail + INDEX));
        int count = (index - nextAvail) & 0xffff;
        return count <= size ? count : -1;
    }

    /** Head of the next chain, or -1 if the driver names a descriptor that is not there. Takes nothing. */
    public int head() {
        int head = Short.toUnsignedInt(space.get(LE16, avail + RING + 2L * (nextAvail & mask)));
        return head < size ? head : -1;
    }

    /**
     * Takes the next chain into the slot of its head.
     *
     * @param chain the slot of {@link #head}, not in flight
     * @return null, or the fault that makes the chain unusable; it is in flight all the same and must be pushed
     */
    public Fault take(Chain chain) {
        nextAvail = (nextAvail + 1) & 0xffff;
        inFlight.fetched(chain.head());
        return walker.walk(desc, chain);
    }

    /**
     * Gives a chain back. The driver sees it after {@link #publish}.
     *
     * @param chain the chain; its slot is free afterwards
     * @param written bytes written from the first writable byte on (VS-17)
     */
    public void push(Chain chain, long written) {
        inFlight.completed(chain.head());
        long at = used + RING + (long) USED_ELEM_BYTES * (nextUsed & mask);
        space.set(LE32, at, chain.head());
        space.set(LE32, at + 4, (int) written);
        nextUsed = (nextUsed + 1) & 0xffff;
        chain.end();
    }

    /** Ends a chain that can not be given back any more, because its ring is gone. */
    public void drop(Chain chain) {
        chain.end();
    }

    /** Whether something was pushed and not published. */
    public boolean hasUnpublished() {
        return nextUsed != published;
    }

    /**
     * Shows the driver everything that was pushed (VS-16). A release fence and a plain store, since other 16-bit forms
     * kill the JVM when the peer has taken the memory away (J-14).
     */
    public void publish() {
        VarHandle.releaseFence();
        space.set(LE16, used + INDEX, (short) nextUsed);
        published = nextUsed;
        inFlight.published(nextUsed);
    }

    /** Whether the driver wants an interrupt for what was published since the last call (VS-13, VS-14). One full fence. */
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

    /**
     * Asks the driver for a kick at its next chain.
     *
     * @return whether chains are there already, or the index has jumped, so that the worker must look again before it
     *     sleeps
     */
    public boolean enableKicks() {
        if (eventIdx) {
            space.set(LE16, used + RING + (long) USED_ELEM_BYTES * size, (short) nextAvail);
        } else {
            space.set(LE16, used + FLAGS, (short) 0);
        }
        VarHandle.fullFence(); // our wish before the index (VS-20)
        return available() != 0;
    }

    /** Tells the driver that kicks are not needed now. With EVENT_IDX the event that stays behind says so by itself. */
    public void disableKicks() {
        if (!eventIdx) {
            space.set(LE16, used + FLAGS, (short) SplitRing.USED_NO_NOTIFY);
        }
    }
}
