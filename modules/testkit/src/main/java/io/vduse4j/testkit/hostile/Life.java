package io.vduse4j.testkit.hostile;

import io.vduse4j.dataplane.QueueCounters;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** One life of a device under a hostile driver, from DRIVER_OK to the reset: batches of chains, and the account of them. */
final class Life {

    /** Longest wait for chains to come back, and for a fault to be counted. */
    static final Duration LIMIT = Duration.ofSeconds(20);

    /** Descriptors that the longest chain of any kind needs in a ring. */
    private static final int ROOM = 8;

    /** Of so many chains some are right: every third. */
    private static final int GOOD_OF = 3;

    /** One batch in so many is waited for without interrupts. */
    private static final int POLLED_OF = 4;

    /** One batch in so many has only some chains. */
    private static final int FULL_OF = 4;

    /** The kind that takes long, and one in so many that is chosen. */
    private static final int FRAGMENTED_OF = 200;

    /** Between two looks at something that sends no interrupt. */
    static final long NAP_NANOS = 20_000;

    private final RawRing ring;
    private final ChainMaker maker;
    private final SlotMemory slots;
    private final EventFdSignals signals;
    private final QueueCounters counters;
    private final Tally tally;
    private final Random random;

    /** For what depends on the time that the device takes: the chains must follow from the seed alone. */
    private final Random whims;

    private final List<ChainKind> good;
    private final List<ChainKind> bad;
    private final Map<Fault, Long> expectedFaults = new EnumMap<>(Fault.class);
    private long placed;

    Life(
            RawRing ring,
            ChainMaker maker,
            SlotMemory slots,
            EventFdSignals signals,
            QueueCounters counters,
            Tally tally) {
        this.ring = ring;
        this.maker = maker;
        this.slots = slots;
        this.signals = signals;
        this.counters = counters;
        this.tally = tally;
        random = maker.random;
        whims = new Random(random.nextLong());
        good = ChainKind.of(maker.packed, maker.indirect, true);
        bad = ChainKind.of(maker.packed, maker.indirect, false);
    }

    /** As many chains as fit, or fewer, at once; all must come back. */
    void batch() {
        boolean interrupts = random.nextInt(POLLED_OF) > 0;
        if (interrupts) {
            signals.awaitInterrupt(Duration.ZERO); // forgets those of before
        }
        ring.wish(interrupts, random.nextInt());
        int count = random.nextInt(FULL_OF) > 0 ? slots.slots() : 1 + random.nextInt(slots.slots());
        for (int slot = 0; slot < count && ring.room() >= ROOM; slot++) {
            place(pick(), slot);
        }
        ring.publish();
        signals.kick();
        awaitAll(interrupts);
    }

    private ChainKind pick() {
        List<ChainKind> from = random.nextInt(GOOD_OF) == 0 ? good : bad;
        ChainKind kind = from.get(random.nextInt(from.size()));
        boolean postponed = kind == ChainKind.TOO_FRAGMENTED && random.nextInt(FRAGMENTED_OF) > 0;
        return postponed ? ChainKind.READ : kind;
    }

    private void place(ChainKind kind, int slot) {
        ring.place(make(kind, slot));
        placed++;
    }

    private RawChain make(ChainKind kind, int slot) {
        maker.begin(slot, ring.room());
        RawChain chain = kind.make(maker);
        slots.keep(slot);
        return chain;
    }

    private void awaitAll(boolean interrupts) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (ring.outstanding() > 0) {
            Optional<RawRing.Used> used = ring.poll();
            if (used.isEmpty() && interrupts) {
                ring.wish(true, whims.nextInt());
                used = ring.poll();
            }
            if (used.isPresent()) {
                verify(used.get());
            } else {
                await(end, interrupts);
            }
        }
    }

    private void await(long end, boolean interrupts) {
        long left = end - System.nanoTime();
        if (left > 0 && !interrupts) {
            LockSupport.parkNanos(NAP_NANOS);
        } else if (left <= 0 || !signals.awaitInterrupt(Duration.ofNanos(left))) {
            throw new DeviceFaultException(
                    ring.poll().isPresent()
                            ? "done, but the interrupt for it is missing after " + LIMIT
                            : ring.outstanding() + " chains are lost: not back after " + LIMIT);
        }
    }

    private void verify(RawRing.Used used) {
        var expected = (Expected) used.chain().owner();
        try {
            verify(expected, used.length());
        } catch (DeviceFaultException wrong) {
            throw new DeviceFaultException(
                    expected.kind() + ", " + used.chain().descriptors() + ": " + wrong.getMessage());
        }
        expected.then().run();
        expected.fault().ifPresent(fault -> expectedFaults.merge(fault, 1L, Long::sum));
        tally.add(expected.kind());
    }

    private void verify(Expected expected, long length) {
        if (length != expected.used()) {
            throw new DeviceFaultException("used length " + length + " instead of " + expected.used() + " (VS-17)");
        }
        int from = expected.writeAt();
        int dataLength = Math.max(0, expected.writeLength() - 1);
        slots.checkKept(expected.slot(), from, expected.writeLength());
        if (expected.status() == Expected.NO_STATUS) {
            return;
        }
        MemorySegment slot = slots.slot(expected.slot());
        int status = Byte.toUnsignedInt(slot.get(ValueLayout.JAVA_BYTE, (long) from + dataLength));
        if (status != expected.status()) {
            throw new DeviceFaultException("status " + status + " instead of " + expected.status());
        }
        if (status != BlkRequest.S_OK) {
            slots.checkNothingLeaked(expected.slot(), from, dataLength);
        } else if (expected.read() > 0) {
            maker.disk.check(expected.sector(), expected.read(), slot.asSlice(from, dataLength));
        }
    }

    /** Breaks the ring; what was placed before must come back all the same. */
    void breakRing(RingBreak how) {
        how.apply(ring, make(ChainKind.FLUSH, 0), random);
        placed += ring.outstanding();
        signals.kick();
        awaitAll(false);
        long end = System.nanoTime() + LIMIT.toNanos();
        while (counters.faults(how.fault()) == 0) {
            if (System.nanoTime() > end) {
                throw new DeviceFaultException(how + " is not found out after " + LIMIT);
            }
            LockSupport.parkNanos(NAP_NANOS);
        }
        expectedFaults.merge(how.fault(), 1L, Long::sum);
        tally.add(how);
    }

    /** Compares what the device has counted with what it was given; before the reset. */
    void compare() {
        ring.check();
        if (counters.fetched() != placed || counters.used() != placed) {
            throw new DeviceFaultException("the device has fetched %d and given back %d chains of %d"
                    .formatted(counters.fetched(), counters.used(), placed));
        }
        for (Fault fault : Fault.values()) {
            long expected = expectedFaults.getOrDefault(fault, 0L);
            if (counters.faults(fault) != expected) {
                throw new DeviceFaultException(
                        fault + " was counted " + counters.faults(fault) + " times instead of " + expected);
            }
            if (expected > 0) {
                tally.add(fault, expected);
            }
        }
    }

    /** After the reset the device is silent (VD-09). */
    void checkSilent() {
        if (ring.poll().isPresent()) {
            throw new DeviceFaultException("a chain was given back after the reset (VD-09)");
        }
    }
}
