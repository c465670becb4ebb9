package io.vduse4j.testkit.hostile;

import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.VhostMemory;
import io.vduse4j.testkit.VhostStart;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/** A disk and a raw ring to it, for one chain at a time. */
final class Single implements AutoCloseable {

    static final int SIZE = 64;
    static final int SLOTS = 8;

    private static final long FEATURES = VirtioFeatures.VERSION_1
            | VirtioFeatures.ACCESS_PLATFORM
            | VirtioFeatures.RING_INDIRECT_DESC
            | BlkFeatures.FLUSH
            | BlkFeatures.DISCARD
            | BlkFeatures.WRITE_ZEROES;

    final Victim victim;
    final DriverArea rings;
    final SlotMemory slots;
    final EventFdSignals signals = new EventFdSignals();
    final Random random = new Random(1);
    final DiskModel disk = new DiskModel(SLOTS);
    final VhostStart start;
    private final VhostMemory memory;
    RawRing ring;
    ChainMaker maker;

    Single(Victim victim) throws IOException {
        this.victim = victim;
        memory = VhostMemory.of(victim.device());
        rings = memory.add(VhostStart.ringBytes(SIZE));
        slots = new SlotMemory(memory, SLOTS);
        start = new VhostStart(victim.device());
    }

    /** Resets the device and starts it. */
    void begin(boolean packed) throws IOException {
        long features = FEATURES | (packed ? VirtioFeatures.RING_PACKED : 0);
        VirtqueueState state = VirtqueueState.start(packed);
        var at = RingAddresses.contiguous(packed, SIZE, VhostStart.RING_ALIGNMENT, rings.host(), rings.device());
        start.negotiate(features, Optional.empty());
        ring = RawRing.of(packed, rings.space(), at, false, state);
        maker = new ChainMaker(random, slots, disk, (4 << 20) / 512, packed, true, SIZE);
        start.setUp(0, at, VhostStart.base(features, state), signals);
        start.run();
    }

    /** A chain in a slot. */
    RawChain make(ChainKind kind, int slot) {
        maker.begin(slot, ring.room());
        RawChain chain = kind.make(maker);
        slots.keep(slot);
        return chain;
    }

    /** Makes a chain available and waits a while until it is back. */
    Optional<RawRing.Used> submit(RawChain chain, Duration limit) throws InterruptedException {
        ring.place(chain);
        ring.publish();
        signals.kick();
        return await(limit);
    }

    Optional<RawRing.Used> await(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Optional<RawRing.Used> used = ring.poll();
        while (used.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(1);
            used = ring.poll();
        }
        return used;
    }

    @Override
    public void close() {
        victim.device().close();
        signals.close();
        memory.close();
    }
}
