package io.vduse4j.benchmarks;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The device's side of a queue: a chain of three buffers, as a read has them, is found available, taken, walked, given
 * back and shown; in batches of {@value #BATCH}, on one thread, everything in the cache. What makes a chain available
 * again is in the figure: a store a batch for a split queue, two or six a chain for a packed one. The memory has two
 * regions: rings in one, buffers in the other.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 6, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 20, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 2,
        jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC"})
public class VirtqueueBenchmark {

    static final int BATCH = 32;
    private static final long RINGS = 0x1_0000_0000L;
    private static final long DATA = 0x2_0000_0000L;
    private static final long RING_BYTES = 64 << 10;
    private static final long DATA_BYTES = 1 << 20;

    /** Format of the ring. */
    @Param({"split", "packed"})
    public String format;

    /** Whether the chain stands in a table. */
    @Param({"direct", "indirect"})
    public String chain;

    /** Whether what is in flight is kept in a log that outlives the process. */
    @Param({"none", "kept"})
    public String log;

    private final MemorySegment all = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private Virtqueue queue;
    private boolean packed;
    private int descriptors;
    private long ring;
    private long availIndex;
    private int laps;

    /** A queue whose ring holds a batch of chains. */
    @Setup
    public void setUp() {
        packed = format.equals("packed");
        descriptors = chain.equals("indirect") ? 1 : 3;
        int size = packed ? BATCH * descriptors : Integer.highestOneBit(BATCH * descriptors * 2 - 1);
        MemorySegment memory = Arena.global().allocate(RING_BYTES + DATA_BYTES, 4096);
        long host = memory.address();
        ring = host;
        int both = GuestMemory.READ | GuestMemory.WRITE;
        GuestMemory guest = GuestMemory.of(
                all,
                1,
                List.of(
                        new GuestMemory.Region(RINGS, RINGS + RING_BYTES - 1, host, both),
                        new GuestMemory.Region(DATA, DATA + DATA_BYTES - 1, host + RING_BYTES, both)));
        MemorySource source = new MemorySource() {
            @Override
            public GuestMemory memory() {
                return guest;
            }

            @Override
            public GuestMemory resolve(long address) {
                return guest;
            }
        };
        long features = VirtioFeatures.RING_EVENT_IDX
                | VirtioFeatures.RING_INDIRECT_DESC
                | (packed ? VirtioFeatures.RING_PACKED : 0);
        RingAddresses rings = RingAddresses.contiguous(packed, size, 4, host, RINGS);
        availIndex = rings.driverHost() + SplitRing.INDEX;
        VirtqueueDriver driver = VirtqueueDriver.of(all, rings, features, VirtqueueState.start(packed));
        var buffers = new ChainBuffers()
                .readable(DATA, 16)
                .writable(DATA + 4096, 4096)
                .writable(DATA + 16, 1);
        for (int i = 0; i < BATCH; i++) {
            long table = DATA_BYTES / 2 + i * 3L * SplitRing.DESC_BYTES;
            int name = descriptors == 1
                    ? driver.add(buffers, 0, host + RING_BYTES + table, DATA + table)
                    : driver.add(buffers);
            if (name < 0) {
                throw new IllegalStateException("the ring has no room for the batch");
            }
        }
        driver.publish();
        Chain[] slots = new Chain[size];
        for (int i = 0; i < size; i++) {
            slots[i] = new Chain(i, 0, Arena.global().allocate(16L * Chain.PIECE_BYTES, 16));
        }
        queue = Virtqueue.of(0, size, features, VirtqueueState.start(packed), source, inFlight(size), slots);
        if (!queue.attach(rings.desc(), rings.driver(), rings.device())) {
            throw new IllegalStateException("rings");
        }
    }

    private InFlight inFlight(int size) {
        if (log.equals("none")) {
            return InFlight.NONE;
        }
        long bytes = InflightLog.bytes(1, size, packed);
        QueueLog kept = new InflightLog(Arena.global().allocate(bytes, 4096), 1, size, packed).queue(0, size);
        kept.begin(VirtqueueState.start(packed).used());
        return kept;
    }

    /** Available, taken, walked, used. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long device() {
        long bytes = 0;
        int taken = 0;
        for (Chain next = queue.take(); next != null && taken < BATCH; next = queue.take()) {
            bytes += next.readableBytes();
            queue.push(next, next.writableBytes());
            taken++;
        }
        queue.publish();
        if (taken != BATCH) {
            throw new IllegalStateException(taken + " of " + BATCH + " chains");
        }
        laps++;
        if (packed) {
            makeAvailableInRing();
        } else {
            makeAvailableAgain();
        }
        return bytes;
    }

    /** The same heads once more: they stand where they stood, since the size of the ring is a multiple of the batch. */
    private void makeAvailableAgain() {
        all.set(ValueLayout.JAVA_SHORT, availIndex, (short) ((laps + 1) * BATCH));
    }

    /** The device has written length, id and flags of the first descriptors of the ring. */
    private void makeAvailableInRing() {
        int mark = (laps & 1) == 0 ? PackedRing.AVAIL : PackedRing.USED;
        for (int i = 0; i < BATCH; i++) {
            if (descriptors == 1) {
                write(i, 3 * SplitRing.DESC_BYTES, i, SplitRing.DESC_INDIRECT | mark);
            } else {
                write(3 * i, 16, i, SplitRing.DESC_NEXT | mark);
                write(3 * i + 1, 4096, i, SplitRing.DESC_NEXT | SplitRing.DESC_WRITE | mark);
                write(3 * i + 2, 1, i, SplitRing.DESC_WRITE | mark);
            }
        }
    }

    private void write(int descriptor, int length, int id, int flags) {
        long at = ring + (long) descriptor * PackedRing.DESC_BYTES;
        all.set(ValueLayout.JAVA_INT, at + PackedRing.DESC_LENGTH, length);
        all.set(ValueLayout.JAVA_INT, at + PackedRing.DESC_ID, id | flags << 16);
    }
}
