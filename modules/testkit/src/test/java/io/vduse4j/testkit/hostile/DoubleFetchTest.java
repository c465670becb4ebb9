package io.vduse4j.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.VmMemory;
import io.vduse4j.virtio.SplitRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A thread changes descriptors, tables, headers and segments while the device reads them (BUG-01, VD-23): whatever the
 * device has made of it, nothing fails but requests, memory that was never granted stays as it is, a neighbour notices
 * nothing, and after a reset the disk serves.
 *
 * <p>{@code -Dhostile.seed=N} repeats the choices, though not their timing; {@code -Dfetch.seconds=N} makes it longer.
 */
class DoubleFetchTest {

    private static final long SEED = Long.getLong("hostile.seed", 1);
    private static final Duration LENGTH = Duration.ofSeconds(Integer.getInteger("fetch.seconds", 3));
    private static final Duration LIFE = Duration.ofMillis(30);
    private static final int FLIPS = 3000;
    /** The flag INDIRECT in the second half of a split descriptor. */
    private static final long TABLE = (long) SplitRing.DESC_INDIRECT << 32;

    private static final int TRIES = 16;
    private static final long GUARD_BYTES = 1 << 20;

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    @Timeout(600)
    @Spec({"VD-23", "VS-05", "VP-04", "VP-07"})
    void whatChangesWhileItIsReadHarmsNobody(boolean packed) throws Exception {
        try (var faults = new LogCount("io.vduse4j.dataplane.FaultLog");
                var failures = new LogCount("io.vduse4j.dataplane.DeviceAgent");
                var tables = new LogCount("io.vduse4j.vduse.IotlbTable");
                VmMemory guard = VmMemory.create("guard", 1L << 60, GUARD_BYTES);
                var rig = new HostileRig();
                var neighbour = new Neighbour(rig.addDisk("neighbour"), packed, Duration.ofMillis(2));
                var single = new Single(rig.victim("victim"))) {
            DriverArea kept = guard.area();
            MemorySegment guarded =
                    kept.space().asSlice(kept.host(), kept.bytes()).fill((byte) 0x3c);
            var changes = new AtomicLong();
            long chains = 0;
            long lives = 0;
            long end = System.nanoTime() + LENGTH.toNanos();
            while (System.nanoTime() < end) {
                single.begin(packed);
                chains += live(single, new Random(SEED + lives++), changes);
                single.begin(packed);
                writeAndRead(single);
            }
            assertThat(guarded.mismatch(
                            MemorySegment.ofArray(new byte[(int) GUARD_BYTES]).fill((byte) 0x3c)))
                    .as("first byte written that was never granted")
                    .isEqualTo(-1);
            assertThat(failures.lines()).as("failures of the device model").isZero();
            assertThat(changes.get()).isGreaterThan(lives);
            System.out.printf(
                    "seed %d, packed = %b: %,d chains and %,d changes in %,d lives; %s; %,d faults and %,d tables in the log%n",
                    SEED, packed, chains, changes.get(), lives, neighbour.finish(), faults.lines(), tables.lines());
        }
    }

    /** One life under changes; says how many chains it had. What comes back is not judged: the driver does not know it. */
    private static long live(Single single, Random random, AtomicLong changes) throws Exception {
        var over = new AtomicBoolean();
        var choices = new Random(random.nextLong());
        Thread mutator = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                change(single, choices);
                changes.incrementAndGet();
            }
        });
        List<ChainKind> kinds = ChainKind.of(single.maker.packed, true, true);
        long chains = 0;
        long end = System.nanoTime() + LIFE.toNanos();
        try {
            while (System.nanoTime() < end) {
                for (int slot = 0; slot < Single.SLOTS && single.ring.room() > Single.SLOTS; slot++) {
                    single.ring.place(single.make(kinds.get(random.nextInt(kinds.size())), slot));
                    chains++;
                }
                single.ring.publish();
                single.signals.kick();
                Thread.sleep(0, 200_000);
                while (single.ring.poll().isPresent()) {
                    // Its slot is free.
                }
            }
        } catch (DeviceFaultException confused) {
            // The driver's own ring was changed under it: its life ends here.
            return chains;
        } finally {
            over.set(true);
            mutator.join();
        }
        return chains;
    }

    /** Turns eight bytes to and fro for a while, so that two reads of them differ, and leaves them as they were. */
    private static void change(Single single, Random random) {
        MemorySegment in = random.nextBoolean()
                ? single.slots.slot(random.nextInt(Single.SLOTS))
                : single.rings.space().asSlice(single.rings.host(), SplitRing.descBytes(Single.SIZE));
        long at = random.nextLong(in.byteSize() / 8) * 8;
        // What is read most often: the second half of a descriptor of the ring, best of one that refers to a table.
        for (int i = 0; i < TRIES && in.byteSize() < SlotMemory.PART; i++) {
            at = random.nextLong(in.byteSize() / 16) * 16 + 8;
            if ((in.get(ValueLayout.JAVA_LONG, at) & TABLE) != 0) {
                break;
            }
        }
        long before = in.get(ValueLayout.JAVA_LONG, at);
        long other = switch (random.nextInt(5)) {
            case 0 -> address(random);
            case 1 -> before | 0xffff_fff0L;
            case 2 -> before ^ ((long) random.nextInt(8) << 32);
            case 3 -> before ^ (1L << random.nextInt(64));
            default -> random.nextLong();
        };
        for (int i = 0; i < FLIPS; i++) {
            in.set(ValueLayout.JAVA_LONG, at, other);
            VarHandle.releaseFence();
            in.set(ValueLayout.JAVA_LONG, at, before);
            VarHandle.releaseFence();
        }
    }

    private static long address(Random random) {
        SlotMemory.Window[] windows = SlotMemory.Window.values();
        return SlotMemory.address(
                windows[random.nextInt(windows.length)],
                random.nextInt(Single.SLOTS),
                random.nextInt(SlotMemory.BYTES));
    }

    private static void writeAndRead(Single single) throws Exception {
        for (ChainKind kind : List.of(ChainKind.WRITE, ChainKind.READ)) {
            RawChain chain = single.make(kind, 0);
            var expected = (Expected) chain.owner();
            RawRing.Used used = single.submit(chain, HostileRig.LIMIT)
                    .orElseThrow(() -> new AssertionError("a good request after the reset is lost"));
            assertThat(used.length()).isEqualTo(expected.used());
            single.slots.checkKept(0, expected.writeAt(), expected.writeLength());
        }
    }
}
