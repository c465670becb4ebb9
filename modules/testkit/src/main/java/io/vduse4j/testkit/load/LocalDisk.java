package io.vduse4j.testkit.load;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.dataplane.DeviceHistory;
import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.VmMemory;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A disk without a door: the workers of this process serve a backend to a driver in this process, through queues in shared
 * memory. What a request costs here it costs behind every door.
 */
public final class LocalDisk implements LoadTarget {

    private static final int QUEUE_ALIGNMENT = 4096;
    private static final long DRAIN_SECONDS = 10;
    private static final String WORKERS = "vduse-worker";

    /**
     * How the disk is served.
     *
     * @param queues 1 or more
     * @param workers threads that serve them, 1 or more
     * @param pollNanos how long an idle worker looks before it sleeps
     * @param packed whether the queues are packed
     * @param declined features of the disk that the driver does not accept
     */
    public record Options(int queues, int workers, long pollNanos, boolean packed, long declined) {

        /** For a driver that accepts all. */
        public Options(int queues, int workers, long pollNanos, boolean packed) {
            this(queues, workers, pollNanos, packed, 0);
        }
    }

    private final Backend backend;
    private final List<Queue> queues = new ArrayList<>();
    private final Deque<AutoCloseable> undo = new ArrayDeque<>();

    private LocalDisk(Backend backend) {
        this.backend = backend;
    }

    /**
     * Serves a backend.
     *
     * @param backend stays the caller's
     * @param shape of the load that is to come
     */
    public static LocalDisk serve(Backend backend, Options options, LoadShape shape) throws IOException {
        var disk = new LocalDisk(backend);
        try {
            disk.start(options, shape);
            return disk;
        } catch (IOException | RuntimeException problem) {
            disk.closeAfter(problem);
            throw problem;
        }
    }

    private void start(Options options, LoadShape shape) throws IOException {
        int size = LoadQueue.ringSize(shape);
        var device = new VirtioBlk(
                backend, new BlkOptions("bench", options.queues(), size, "bench"), MemoryBudget.process());
        undo.push(device);
        long ringBytes = LoadQueue.pages(RingAddresses.bytes(options.packed(), size, QUEUE_ALIGNMENT));
        long step = ringBytes + LoadQueue.areaBytes(shape);
        var memory = VmMemory.create("bench", 1L << 32, options.queues() * step);
        undo.push(memory);
        long features = VirtioFeatures.VERSION_1
                | VirtioFeatures.RING_EVENT_IDX
                | VirtioFeatures.RING_INDIRECT_DESC
                | (options.packed() ? VirtioFeatures.RING_PACKED : 0)
                | (device.features() & ~options.declined());
        var pool = new WorkerPool(options.workers(), options.pollNanos());
        undo.push(pool);
        var setups = new ArrayList<QueueSetup>();
        var calls = new EventFd[options.queues()];
        for (int index = 0; index < options.queues(); index++) {
            var rings = memory.area().part(index * step, ringBytes);
            var at = RingAddresses.contiguous(options.packed(), size, QUEUE_ALIGNMENT, rings.host(), rings.device());
            var signals = new EventFdSignals();
            undo.push(signals);
            calls[index] = signals.callFd();
            var start = VirtqueueState.start(options.packed());
            var ring = VirtqueueDriver.of(NativeMemory.ALL, at, features, start);
            queues.add(new Queue(ring, memory.area().part(index * step + ringBytes, step - ringBytes), signals));
            setups.add(new QueueSetup(
                    index,
                    size,
                    at.desc(),
                    at.driver(),
                    at.device(),
                    start,
                    Optional.of(EventFd.adopt(signals.kickFd().fd().duplicate()))));
        }
        var area = memory.area();
        var all = new GuestMemory.Region(
                area.device(), area.device() + area.bytes() - 1, area.host(), GuestMemory.READ | GuestMemory.WRITE);
        var budget =
                MemoryBudget.process().child("bench", MemoryBudget.process().limit());
        undo.push(budget);
        var session = new Session(
                new DeviceHistory("bench"),
                device,
                features,
                setups,
                fixed(GuestMemory.of(NativeMemory.ALL, 0, List.of(all))),
                queue -> calls[queue].signal(),
                pool,
                budget);
        undo.push(() -> stop(session));
        session.start(problem -> {
            throw new IllegalStateException(problem);
        });
    }

    private static MemorySource fixed(GuestMemory memory) {
        return new MemorySource() {
            @Override
            public GuestMemory memory() {
                return memory;
            }

            @Override
            public GuestMemory resolve(long address) {
                return memory;
            }
        };
    }

    private static void stop(Session session) throws IOException, InterruptedException {
        var drained = new CountDownLatch(1);
        session.stop(drained::countDown);
        if (!drained.await(DRAIN_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the disk has requests in flight after " + DRAIN_SECONDS + " s");
        }
    }

    @Override
    public List<Queue> queues() {
        return List.copyOf(queues);
    }

    @Override
    public long bytes() {
        return backend.size();
    }

    @Override
    public long serverNanos() throws IOException {
        return ThreadTimes.nanos("self", name -> name.startsWith(WORKERS));
    }

    private void closeAfter(Exception problem) {
        try {
            close();
        } catch (IOException second) {
            problem.addSuppressed(second);
        }
    }

    @Override
    public void close() throws IOException {
        var problem = new IOException("the disk of the load did not end in good order");
        while (!undo.isEmpty()) {
            try {
                undo.pop().close();
            } catch (Exception failure) {
                problem.addSuppressed(failure);
            }
        }
        if (problem.getSuppressed().length > 0) {
            throw problem;
        }
    }
}
