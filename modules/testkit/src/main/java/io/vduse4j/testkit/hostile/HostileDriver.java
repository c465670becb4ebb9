package io.vduse4j.testkit.hostile;

import io.vduse4j.dataplane.QueueCounters;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.VhostMemory;
import io.vduse4j.testkit.VhostStart;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A seeded driver that does all that a driver must not, mixed with requests that it verifies, and accounts for every chain.
 * It runs the device in many lives: each has a format, features, a size and a start of its own, and ends with a reset, often
 * after the ring was broken. What a device does wrong ends in a {@link DeviceFaultException} that names the seed; every wait
 * has a deadline of 20 s. One thread at a time.
 */
public final class HostileDriver implements AutoCloseable {

    private static final int FEWEST_ENTRIES = 8;
    private static final int MOST_ENTRIES = 256;

    /** Powers of two from the fewest to the most entries. */
    private static final int SIZES = 6;

    /** One life in so many has a queue of any size, the others the largest, which hold the most chains at once. */
    private static final int SMALL_OF = 3;

    private static final int SLOTS = 48;
    private static final long NOWHERE = 1L << 55;

    /** One life in so many has rings where nothing is; every second of the others ends with a broken ring. */
    private static final int UNMAPPED_OF = 16;

    private final Victim victim;
    private final long seed;
    private final Random random;
    private final VhostMemory memory;
    private final DriverArea rings;
    private final SlotMemory slots;
    private final DiskModel disk = new DiskModel(SLOTS);
    private final EventFdSignals signals = new EventFdSignals();
    private final VhostStart start;
    private final long capacity;
    private final Tally tally = new Tally();

    /**
     * Takes hold of a device, which stays the caller's.
     *
     * @param victim the device
     * @param seed what the driver does
     */
    public HostileDriver(Victim victim, long seed) throws LinuxException {
        this.victim = victim;
        this.seed = seed;
        random = new Random(seed);
        memory = VhostMemory.of(victim.device());
        rings = memory.add(VhostStart.ringBytes(MOST_ENTRIES));
        slots = new SlotMemory(memory, SLOTS);
        start = new VhostStart(victim.device());
        capacity = ByteBuffer.wrap(victim.device().config(BlkConfig.CAPACITY, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    /**
     * Goes on until it has made so many more wrong chains, and then to the end of that life.
     *
     * @param count wrong chains
     * @param perLife wrong chains of one life, about
     * @return what has happened since the driver was made; the time is that of this run
     * @throws DeviceFaultException if the device did what it must not, or not what it must
     */
    public HostileReport run(long count, int perLife) throws LinuxException {
        long began = System.nanoTime();
        long end = tally.hostile() + count;
        while (tally.hostile() < end) {
            live(tally.hostile() + 1 + random.nextInt(2 * perLife));
        }
        return tally.report(seed, System.nanoTime() - began);
    }

    private void live(long end) throws LinuxException {
        long wanted = wanted();
        boolean packed = VhostStart.isPacked(wanted);
        int size = random.nextInt(SMALL_OF) > 0 ? MOST_ENTRIES : FEWEST_ENTRIES << random.nextInt(SIZES);
        try {
            if (random.nextInt(UNMAPPED_OF) == 0) {
                withoutRings(wanted, size);
            } else {
                live(wanted, size, end);
            }
        } catch (DeviceFaultException wrong) {
            throw new DeviceFaultException("seed %d, features 0x%x, %s queue of %d: %s"
                    .formatted(seed, wanted, packed ? "packed" : "split", size, wrong.getMessage()));
        }
    }

    private long wanted() {
        long features = VirtioFeatures.VERSION_1
                | VirtioFeatures.ACCESS_PLATFORM
                | BlkFeatures.FLUSH
                | BlkFeatures.DISCARD
                | BlkFeatures.WRITE_ZEROES;
        features |= random.nextBoolean() ? VirtioFeatures.RING_PACKED : 0;
        features |= random.nextBoolean() ? VirtioFeatures.RING_EVENT_IDX : 0;
        return features | (random.nextInt(4) > 0 ? VirtioFeatures.RING_INDIRECT_DESC : 0);
    }

    private void live(long wanted, int size, long end) throws LinuxException {
        boolean packed = VhostStart.isPacked(wanted);
        RingAddresses at = addresses(packed, size, rings.device());
        VirtqueueState state = packed ? packedState(size) : VirtqueueState.split(random.nextInt(1 << 16));
        negotiate(wanted);
        boolean eventIdx = (wanted & VirtioFeatures.RING_EVENT_IDX) != 0;
        boolean indirect = (wanted & VirtioFeatures.RING_INDIRECT_DESC) != 0;
        RawRing ring = RawRing.of(packed, rings.space(), at, eventIdx, state);
        start(at, VhostStart.base(wanted, state));
        var maker = new ChainMaker(random, slots, disk, capacity, packed, indirect, size);
        var life = new Life(ring, maker, slots, signals, counters(), tally);
        while (tally.hostile() < end) {
            life.batch();
        }
        if (random.nextBoolean()) {
            List<RingBreak> breaks = RingBreak.of(packed);
            life.breakRing(breaks.get(random.nextInt(breaks.size())));
        }
        life.compare();
        start.reset();
        life.checkSilent();
    }

    private VirtqueueState packedState(int size) {
        int place = random.nextInt(size) | (random.nextBoolean() ? VirtqueueState.WRAP : 0);
        return new VirtqueueState(place, place);
    }

    private RingAddresses addresses(boolean packed, int size, long device) {
        return RingAddresses.contiguous(packed, size, VhostStart.RING_ALIGNMENT, rings.host(), device);
    }

    /** A part of the ring is where nothing is, or where the device may not do what it must. */
    private void withoutRings(long wanted, int size) throws LinuxException {
        RingAddresses good = addresses(VhostStart.isPacked(wanted), size, rings.device());
        long nowhere = random.nextBoolean() ? NOWHERE : SlotMemory.address(SlotMemory.Window.READ_ONLY, 0, 0);
        int part = nowhere == NOWHERE ? random.nextInt(3) : 2;
        var at = new RingAddresses(
                size,
                good.descHost(),
                good.driverHost(),
                good.deviceHost(),
                part == 0 ? nowhere : good.desc(),
                part == 1 ? nowhere : good.driver(),
                part == 2 ? nowhere : good.device());
        negotiate(wanted);
        start(at, VhostStart.base(wanted, VirtqueueState.start(VhostStart.isPacked(wanted))));
        signals.kick();
        QueueCounters counters = counters();
        if (counters.faults(Fault.RING_UNMAPPED) != 1 || counters.fetched() != 0) {
            throw new DeviceFaultException("rings that are not mapped are not found out");
        }
        tally.add(Fault.RING_UNMAPPED, 1);
        start.reset();
    }

    private void negotiate(long wanted) throws LinuxException {
        tally.addLife();
        long accepted = start.negotiate(wanted, Optional.empty());
        if (accepted != wanted) {
            throw new IllegalStateException("the device offers only 0x" + Long.toHexString(accepted));
        }
    }

    private void start(RingAddresses at, int base) throws LinuxException {
        start.setUp(0, at, base, signals);
        start.run();
    }

    /** The status is there a moment before what serves it is known to others. */
    private QueueCounters counters() {
        long end = System.nanoTime() + Life.LIMIT.toNanos();
        while (System.nanoTime() < end) {
            Optional<QueueCounters> counters = victim.counters().get();
            if (counters.isPresent()) {
                return counters.get();
            }
            LockSupport.parkNanos(Life.NAP_NANOS);
        }
        throw new DeviceFaultException("the device runs and counts nothing");
    }

    /** Frees the memory; the device must be closed before. */
    @Override
    public void close() {
        signals.close();
        memory.close();
    }
}
