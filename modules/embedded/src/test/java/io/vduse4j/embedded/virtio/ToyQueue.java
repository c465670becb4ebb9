package io.vduse4j.embedded.virtio;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One queue of the toy device, on a thread of its own. */
final class ToyQueue implements AutoCloseable {

    private final FakeVdpa.Queue told;
    private final FakeDomain domain;
    private final ToyBlk disk;
    private final Runnable interrupt;
    private final Virtqueue queue;
    private final Deque<Chain> held = new ArrayDeque<>();
    private final Semaphore kicks = new Semaphore(1);
    private final Thread thread;
    private volatile boolean over;
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger interrupts = new AtomicInteger();

    ToyQueue(int index, FakeVdpa.Queue told, long features, FakeDomain domain, ToyBlk disk, Runnable interrupt) {
        this.told = told;
        this.domain = domain;
        this.disk = disk;
        this.interrupt = interrupt;
        Chain[] slots = new Chain[told.num];
        for (int i = 0; i < told.num; i++) {
            slots[i] = new Chain(i, index, Arena.ofAuto().allocate((told.num + 4L) * Chain.PIECE_BYTES, 16));
        }
        queue = Virtqueue.of(
                index,
                told.num,
                features,
                VirtqueueState.start((features & VirtioFeatures.RING_PACKED) != 0),
                domain,
                InFlight.NONE,
                slots);
        if (!queue.attach(told.desc, told.driver, told.device)) {
            throw new IllegalStateException("rings of queue " + index);
        }
        thread = new Thread(this::serve, "toy queue " + index);
    }

    void start() {
        thread.start();
    }

    void kick() {
        kicks.release();
    }

    /** Requests so far. */
    int served() {
        return served.get();
    }

    /** Interrupts so far. */
    int interrupts() {
        return interrupts.get();
    }

    private void serve() {
        try {
            while (!over) {
                serveHeld();
                if (!queue.hasUnpublished() && !queue.enableKicks()) {
                    // A kick that is missed would show as a request that is never done.
                    boolean kicked = kicks.tryAcquire(1, 60, TimeUnit.SECONDS);
                    kicks.drainPermits();
                    if (!kicked) {
                        return;
                    }
                    continue;
                }
                for (Chain chain = queue.take(); chain != null; chain = queue.take()) {
                    serve(chain);
                }
                if (queue.hasUnpublished()) {
                    queue.publish();
                    if (queue.wantsInterrupt()) {
                        interrupts.incrementAndGet();
                        interrupt.run();
                    }
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void serveHeld() {
        while (!held.isEmpty() && disk.mayServeHeld()) {
            Chain chain = held.removeFirst();
            queue.push(chain, disk.handle(chain));
        }
    }

    private void serve(Chain chain) {
        if (chain.fault() != null) {
            throw new IllegalStateException("the driver sent a bad chain: " + chain.fault());
        }
        served.incrementAndGet();
        switch (disk.sin) {
            case NEVER_DONE -> {
                held.add(chain);
                disk.hold();
            }
            case RUBBISH_ID -> {
                use(4, 0x7fff_fff0);
                bumpIndex(1);
            }
            case INDEX_JUMP -> bumpIndex(1000);
            default -> queue.push(chain, disk.handle(chain));
        }
    }

    /** Writes an id into the next used element. */
    private void use(long offset, int id) {
        long element = told.device + offset + 8L * (usedIndex() & (told.num - 1));
        domain.space().set(ValueLayout.JAVA_INT, element, id);
    }

    private int usedIndex() {
        return Short.toUnsignedInt(domain.space().get(ValueLayout.JAVA_SHORT, told.device + 2));
    }

    private void bumpIndex(int by) {
        domain.space().set(ValueLayout.JAVA_SHORT, told.device + 2, (short) (usedIndex() + by));
        interrupt.run();
    }

    @Override
    public void close() {
        over = true;
        kicks.release();
        try {
            if (!thread.join(Duration.ofSeconds(20))) {
                throw new IllegalStateException("the toy queue does not end");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
