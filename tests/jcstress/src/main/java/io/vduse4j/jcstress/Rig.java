package io.vduse4j.jcstress;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Both sides of a queue in a small native memory. Each is used by one thread at a time. A rig is used again and again, so
 * that the rings go through all of their laps; it waits in a pool between two uses.
 */
final class Rig {

    /** Which queue. */
    enum Format {
        SPLIT_FLAGS(0),
        SPLIT_EVENTS(VirtioFeatures.RING_EVENT_IDX),
        PACKED_FLAGS(VirtioFeatures.RING_PACKED),
        PACKED_EVENTS(VirtioFeatures.RING_PACKED | VirtioFeatures.RING_EVENT_IDX);

        private final long features;

        Format(long features) {
            this.features = features;
        }
    }

    private static final Map<Format, Queue<Rig>> AT_KICKS = pools();
    private static final Map<Format, Queue<Rig>> AT_INTERRUPTS = pools();

    private static Map<Format, Queue<Rig>> pools() {
        Map<Format, Queue<Rig>> pools = new EnumMap<>(Format.class);
        for (Format format : Format.values()) {
            pools.put(format, new ConcurrentLinkedQueue<>());
        }
        return pools;
    }

    private static final int SIZE = 4;
    private static final long BASE = 0x10_0000;
    private static final int BYTES = 512;
    private static final int PIECES = 2;

    /** Not 0, where an event that was never written would say "now". */
    private static final int START = 100;

    private final Format format;
    private final VirtqueueDriver driver;
    private final Virtqueue queue;
    private final ChainBuffers buffers = new ChainBuffers().writable(BASE, 1);
    private Chain taken;

    private Rig(Format format) {
        this.format = format;
        boolean packed = (format.features & VirtioFeatures.RING_PACKED) != 0;
        MemorySegment memory = Arena.global().allocate(BYTES + SIZE * PIECES * Chain.PIECE_BYTES, 64);
        RingAddresses rings = RingAddresses.contiguous(packed, SIZE, 4, 0, BASE);
        VirtqueueState start = packed ? VirtqueueState.PACKED_START : VirtqueueState.split(START);
        driver = VirtqueueDriver.of(memory, rings, format.features, start);
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            long at = BYTES + (long) i * PIECES * Chain.PIECE_BYTES;
            slots[i] = new Chain(i, 0, memory.asSlice(at, PIECES * Chain.PIECE_BYTES));
        }
        GuestMemory all = GuestMemory.of(
                memory,
                1,
                List.of(new GuestMemory.Region(BASE, BASE + BYTES - 1, 0, GuestMemory.READ | GuestMemory.WRITE)));
        MemorySource source = new MemorySource() {
            @Override
            public GuestMemory memory() {
                return all;
            }

            @Override
            public GuestMemory resolve(long address) {
                return all;
            }
        };
        queue = Virtqueue.of(0, SIZE, format.features, start, source, InFlight.NONE, slots);
        if (!queue.attach(rings.desc(), rings.driver(), rings.device())) {
            throw new IllegalStateException("the rings are not there");
        }
        // The first question is always answered with yes.
        show();
        take();
        giveBack();
        collect();
    }

    /** A queue that is empty, the device wants no kick. */
    static Rig atKicks(Format format) {
        Rig rig = AT_KICKS.get(format).poll();
        if (rig == null) {
            rig = new Rig(format);
            rig.queue.disableKicks();
        }
        return rig;
    }

    /** A queue whose device has one chain, the driver wants no interrupt. */
    static Rig atInterrupts(Format format) {
        Rig rig = AT_INTERRUPTS.get(format).poll();
        if (rig == null) {
            rig = new Rig(format);
            rig.driver.disableInterrupts();
            rig.show();
            rig.take();
        }
        return rig;
    }

    /** The driver shows a chain; returns whether it kicks. */
    boolean show() {
        if (driver.add(buffers) == VirtqueueDriver.FULL) {
            throw new IllegalStateException("the queue is full");
        }
        driver.publish();
        return driver.needsKick();
    }

    /** The device is about to sleep; returns whether it sees a chain. */
    boolean enableKicks() {
        return queue.enableKicks();
    }

    /** The device gives its chain back; returns whether it interrupts. */
    boolean giveBack() {
        queue.push(taken, 1);
        queue.publish();
        return queue.wantsInterrupt();
    }

    /** The driver is about to sleep; returns whether it sees that a chain is back. */
    boolean enableInterrupts() {
        return driver.enableInterrupts();
    }

    /** After {@link #show} and {@link #enableKicks}: as before them. */
    void resetKicks() {
        take();
        giveBack();
        collect();
        queue.disableKicks();
        AT_KICKS.get(format).add(this);
    }

    /** After {@link #giveBack} and {@link #enableInterrupts}: as before them. */
    void resetInterrupts() {
        collect();
        driver.disableInterrupts();
        show();
        take();
        AT_INTERRUPTS.get(format).add(this);
    }

    private void take() {
        taken = queue.take();
        if (taken == null) {
            throw new IllegalStateException("nothing to take");
        }
    }

    private void collect() {
        if (driver.poll() < 0) {
            throw new IllegalStateException("nothing is back " + driver.brokenBecause());
        }
    }
}
