package io.vduse4j.fuzz;

import static io.vduse4j.fuzz.Slots.require;
import static io.vduse4j.fuzz.Slots.same;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.Limits;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.fuzz.Walk.Taken;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.Ordering;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A worker that serves one queue of a small disk, and what has to come of each of its requests. */
final class BlkRig implements HandlerContext {

    private static final String SERIAL = "fuzz-serial";
    private static final int MOST = 4096;
    private static final long DEADLINE_NANOS = 5_000_000_000L;
    private static final int PRIVATE_BYTES = 64 << 10;
    private static final MemorySegment PRIVATE = Arena.global().allocate(PRIVATE_BYTES, 16);
    private static final MemorySegment ID = Arena.global().allocate(BlkRequest.ID_BYTES);
    private static final MemoryBudget BUDGET = MemoryBudget.process().child("fuzz", 64 << 20);

    static {
        ID.copyFrom(MemorySegment.ofArray(SERIAL.getBytes(StandardCharsets.UTF_8)));
    }

    private static final List<FuzzDisk> DISKS = List.of(
            new FuzzDisk(new Limits(512, 512, MOST, false, true, 512, true, true, MOST, true, false)),
            new FuzzDisk(new Limits(512, 512, MOST, true, true, 512, true, true, MOST, true, false)),
            new FuzzDisk(new Limits(1024, 4096, 2 * MOST, false, false, 0, true, false, MOST, true, false)),
            new FuzzDisk(new Limits(512, 512, MOST, false, true, 512, true, true, MOST, true, true)));

    private static final List<VirtioBlk> MODELS = DISKS.stream()
            .map(disk -> new VirtioBlk(disk, new BlkOptions("fuzz", 1, 16, SERIAL), BUDGET))
            .toList();

    /** How many disks there are to choose from; the last one gets private buffers. */
    static final int KINDS = DISKS.size();

    private final FuzzMemory memory;
    private final Walk walk;
    private final FuzzDisk disk;
    private final boolean copies;
    private final boolean writeThrough;
    private final int slots;
    private final QueueHandler handler;
    private final Map<Integer, Taken> taken = new HashMap<>();
    private final Map<Integer, BlkPlan> plans = new HashMap<>();
    private final Thread owner = Thread.currentThread();
    private volatile int posted = -1;
    private long allocated;

    /**
     * Opens a disk.
     *
     * @param kind which one
     * @param slots one more than the highest number of a slot
     */
    BlkRig(FuzzMemory memory, Walk walk, int kind, boolean writeThrough, int slots) {
        this.memory = memory;
        this.walk = walk;
        this.writeThrough = writeThrough;
        this.slots = slots;
        disk = DISKS.get(kind);
        copies = disk.limits().needsCopy();
        disk.reset((slot, request, errno) -> plans.get(slot).step(request, errno));
        PRIVATE.fill((byte) 0);
        try {
            handler = MODELS.get(kind).handler(this, writeThrough ? 0 : BlkFeatures.FLUSH);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Whether requests are gathered from now on, and how many of the next ones fail. */
    void mood(boolean gathers, int failures) {
        // A private buffer is filled when a request is submitted, and memory may change before it is done.
        disk.gathers = gathers && !copies;
        disk.failures = failures;
    }

    /** Takes a chain and hands it to the disk; false if there is none. */
    boolean serve() {
        Taken next = walk.take();
        if (next == null) {
            return false;
        }
        if (!next.model().isForHandler()) {
            walk.push(next, 0);
            return true;
        }
        int slot = next.chain().slot();
        BlkPlan plan = new BlkPlan(memory, disk, writeThrough, next.model());
        taken.put(slot, next);
        plans.put(slot, plan);
        handler.handle(next.chain());
        if (plan.isFlush()) {
            await(slot);
            handler.posted(next.chain());
            require(!plans.containsKey(slot), "a flush does not end");
        }
        disk.check();
        return true;
    }

    private void await(int slot) {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (posted < 0) {
            require(System.nanoTime() < deadline, "a flush does not come back");
            LockSupport.parkNanos(1_000_000);
        }
        same(posted, slot, "slot of the flush");
        posted = -1;
    }

    /** The batch is over. */
    void flush() {
        handler.flush();
        memory.check();
        disk.check();
        walk.publish();
    }

    /** Serves and ends all that is there. */
    void finish() {
        while (serve()) {
            require(plans.size() <= slots, "chains at the disk");
        }
        for (int round = 0; !plans.isEmpty(); round++) {
            // Each round ends one range of each request.
            require(round < 100, "requests that do not end");
            flush();
        }
        flush();
        same(handler.outstanding(), 0, "requests at the backend");
        require(walk.inFlight().isEmpty(), "chains that do not come back");
        handler.close();
    }

    @Override
    public int slots() {
        return slots;
    }

    @Override
    public void complete(Chain chain, long written) {
        require(Thread.currentThread() == owner, "completed on another thread");
        BlkPlan plan = plans.remove(chain.slot());
        Taken ended = taken.remove(chain.slot());
        require(plan != null && ended.chain() == chain, "a chain is completed twice");
        same(written, plan.end(ID), "used length");
        walk.push(ended, written);
    }

    @Override
    public void post(int slot) {
        posted = slot;
        LockSupport.unpark(owner);
    }

    @Override
    public Ordering ordering() {
        return Ordering.NONE;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        long start = (allocated + alignment - 1) & -alignment;
        allocated = start + bytes;
        require(allocated <= PRIVATE_BYTES, "private memory of the handler");
        return PRIVATE.asSlice(start, bytes);
    }
}
