package io.vduse4j.block;

import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.Ordering;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** A disk with one queue, its driver, and the few things of a worker that lie between them. */
final class DiskRig implements HandlerContext, MemorySource, AutoCloseable {

    static final int QUEUE_SIZE = 256;

    /** Device addresses: what the device may read and write, what it may only read, and what is nowhere. */
    static final long BASE = 0x4000_0000L;

    static final long READ_ONLY = 0x9000_0000L;
    static final long NOWHERE = 0xdead_0000L;
    private static final long READ_ONLY_BYTES = 64 << 10;
    private static final long BYTES = 8 << 20;
    private static final long DEADLINE_NANOS = 30_000_000_000L;

    private final Arena arena = Arena.ofShared();
    private final MemoryBudget budget = MemoryBudget.process().child("disk rig", 64 << 20);
    private final MemorySegment memory = arena.allocate(BYTES, 4096);
    private GuestMemory table;
    private final Virtqueue queue;
    private final Chain[] chains = new Chain[QUEUE_SIZE];
    private final ConcurrentLinkedQueue<Integer> posted = new ConcurrentLinkedQueue<>();
    private final Thread owner = Thread.currentThread();
    final VirtqueueDriver driver;
    final VirtioBlk disk;
    final QueueHandler handler;
    private long taken;
    private final Ordering ordering;

    /** Descriptors that the handler has asked to be woken by. */
    int watched;

    DiskRig(Backend backend) throws IOException {
        this(backend, new BlkOptions("disk", 1, QUEUE_SIZE, "serial"));
    }

    DiskRig(Backend backend, BlkOptions options) throws IOException {
        this(backend, options, ~0L);
    }

    /** A driver that accepts of the disk's own features only what is in the mask. */
    DiskRig(Backend backend, BlkOptions options, long accepted) throws IOException {
        this(backend, options, accepted, Ordering.NONE);
    }

    /** One whose writes are kept in order. */
    DiskRig(Backend backend, BlkOptions options, long accepted, Ordering ordering) throws IOException {
        this.ordering = ordering;
        MemorySegment readOnly = arena.allocate(READ_ONLY_BYTES, 4096);
        table = GuestMemory.of(
                NativeMemory.ALL,
                0,
                List.of(
                        new GuestMemory.Region(
                                BASE, BASE + BYTES - 1, memory.address(), GuestMemory.READ | GuestMemory.WRITE),
                        new GuestMemory.Region(
                                READ_ONLY, READ_ONLY + READ_ONLY_BYTES - 1, readOnly.address(), GuestMemory.READ)));
        disk = new VirtioBlk(backend, options, budget);
        long offered = disk.features() | disk.writableConfig().orElseThrow().features();
        long features = (offered & accepted) | VirtioFeatures.RING_INDIRECT_DESC | VirtioFeatures.VERSION_1;
        long device = allocate(RingAddresses.bytes(QUEUE_SIZE, 4));
        RingAddresses rings = RingAddresses.contiguous(QUEUE_SIZE, 4, host(device), device);
        driver = VirtqueueDriver.of(NativeMemory.ALL, rings, features, VirtqueueState.split(0));
        MemorySegment pieces = arena.allocate((long) QUEUE_SIZE * QUEUE_SIZE * Chain.PIECE_BYTES, 16);
        for (int slot = 0; slot < QUEUE_SIZE; slot++) {
            long size = (long) QUEUE_SIZE * Chain.PIECE_BYTES;
            chains[slot] = new Chain(slot, 0, pieces.asSlice(slot * size, size));
        }
        queue = Virtqueue.of(0, QUEUE_SIZE, features, VirtqueueState.split(0), this, InFlight.NONE, chains);
        if (!queue.attach(rings.desc(), rings.driver(), rings.device())) {
            throw new AssertionError("rings are not there");
        }
        handler = disk.handler(this, features);
    }

    /** Grants the device one more region. */
    void grant(GuestMemory.Region region) {
        table = table.with(region);
    }

    /** Takes memory that the device may read and write; returns its device address. */
    long allocate(long bytes) {
        long start = (taken + 15) & -16L;
        if (start + bytes > BYTES) {
            throw new IllegalStateException("the driver's memory is used up");
        }
        taken = start + bytes;
        return BASE + start;
    }

    /** Gives back what was taken since. */
    long mark() {
        return taken;
    }

    /** Goes back to a {@link #mark}. */
    void release(long mark) {
        taken = mark;
    }

    long host(long address) {
        return memory.address() + (address - BASE);
    }

    /** What the driver sees at a device address of {@link #allocate}. */
    MemorySegment at(long address, long bytes) {
        return memory.asSlice(address - BASE, bytes);
    }

    /** Sends a chain and waits until it is back; returns the used length. */
    long exchange(ChainBuffers buffers) {
        if (driver.add(buffers) == VirtqueueDriver.FULL) {
            throw new AssertionError("queue is full");
        }
        driver.publish();
        return receive();
    }

    /** Works until the driver has a chain back; returns its used length. */
    long receive() {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (true) {
            work();
            int head = driver.poll();
            if (head >= 0) {
                return driver.usedLength();
            }
            if (head == VirtqueueDriver.BROKEN) {
                throw new AssertionError(driver.brokenBecause());
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the chain does not come back");
            }
            LockSupport.parkNanos(20_000);
        }
    }

    /** Has a request go on that the ordering has kept back. */
    void resume(int slot) {
        handler.resume(chains[slot]);
    }

    /** One round of a worker. */
    void work() {
        for (Integer slot = posted.poll(); slot != null; slot = posted.poll()) {
            handler.posted(chains[slot]);
        }
        for (Chain chain = queue.take(); chain != null; chain = queue.take()) {
            Fault fault = chain.fault();
            if (fault == null || fault.size() == Fault.Size.REQUEST) {
                handler.handle(chain);
            } else {
                queue.push(chain, 0);
            }
        }
        handler.flush();
        if (handler.poll() > 0) {
            handler.flush();
        }
        queue.publish();
    }

    @Override
    public boolean watch(int descriptor) {
        watched++;
        return true;
    }

    @Override
    public int slots() {
        return QUEUE_SIZE;
    }

    @Override
    public void complete(Chain chain, long written) {
        if (Thread.currentThread() != owner) {
            throw new AssertionError("completed on another thread");
        }
        queue.push(chain, written);
    }

    @Override
    public void post(int slot) {
        posted.add(slot);
        LockSupport.unpark(owner);
    }

    @Override
    public Ordering ordering() {
        return ordering;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        return arena.allocate(bytes, alignment);
    }

    @Override
    public GuestMemory memory() {
        return table;
    }

    @Override
    public GuestMemory resolve(long address) {
        return table;
    }

    /** A byte of the driver's memory. */
    int byteAt(long address) {
        return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, address - BASE));
    }

    @Override
    public void close() throws IOException {
        if (handler.outstanding() != 0) {
            throw new AssertionError(handler.outstanding() + " requests are outstanding");
        }
        handler.close();
        disk.close();
        budget.close();
        arena.close();
    }
}
