package io.vduse4j.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.DelayFilter;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.DriverArea;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Resets at random times under load, with requests at a slow backend: as soon as the reset is back, rings and buffers are
 * poured over, and nothing may change them (VD-09, BUG-10).
 *
 * <p>{@code -Dhostile.seed=N} repeats a run, {@code -Dstorm.count=N} says how many resets the large one has.
 */
class ResetStormTest {

    private static final long SEED = Long.getLong("hostile.seed", 1);

    /** Some requests are still at the backend when the reset comes. */
    private static final Duration DELAY = Duration.ofMillis(15);

    /** The device drains for 2 s at most before it takes the memory away; the machine may be slow. */
    private static final Duration RESET_LIMIT = Duration.ofSeconds(4);

    private static final int MOST_MILLIS = 50;
    private static final int WARM_UP = 10;

    @Test
    @Timeout(120)
    @Spec({"VD-07", "VD-08", "VD-09"})
    void aHundredResetsUnderLoad() throws Exception {
        storm(100, DELAY);
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    @Spec({"VD-07", "VD-08", "VD-09"})
    void tenThousandResetsUnderLoad() throws Exception {
        storm(Integer.getInteger("storm.count", 10_000), DELAY);
    }

    /** The requests outlast the drain: their memory is replaced, and what they write late goes nowhere. */
    @Test
    @Tag("full")
    @Timeout(120)
    @Spec("VD-09")
    void resetsWithAStuckBackend() throws Exception {
        storm(3, Duration.ofMillis(2500));
    }

    private static void storm(int resets, Duration delay) throws Exception {
        var random = new Random(SEED);
        long slowest = 0;
        long inFlight = 0;
        var backend = new DelayFilter(
                Backends.open("memory:4M", BackendOptions.NONE), delay, EnumSet.allOf(Request.Op.class));
        try (var rig = new HostileRig();
                var single = new Single(rig.victimOf("storm", backend))) {
            Footprint before = null;
            for (int i = 0; i < resets; i++) {
                if (i == Math.min(WARM_UP, resets - 1)) {
                    before = Footprint.now();
                }
                load(single, random);
                inFlight += single.ring.outstanding();
                long began = System.nanoTime();
                single.start.reset();
                slowest = Math.max(slowest, System.nanoTime() - began);
                pour(single);
                // Longer than a request takes, so that one that was forgotten would show.
                boolean waits = isStuck(delay) || random.nextInt(4) == 0;
                Thread.sleep(waits ? delay.toMillis() : random.nextInt(2));
                checkUntouched(single);
            }
            assertThat(slowest).isLessThan(RESET_LIMIT.toNanos());
            assertThat(inFlight).as("requests in flight at the resets").isGreaterThan(resets);
            long end = System.nanoTime() + RESET_LIMIT.toNanos();
            while (!Footprint.now().equals(before) && System.nanoTime() < end) {
                Thread.sleep(20); // what was replaced goes when the last late request is back
            }
            assertThat(Footprint.now()).isEqualTo(before);
            System.out.printf(
                    "seed %d: %,d resets with %,d requests in flight, the slowest reset %.1f ms; %s%n",
                    SEED, resets, inFlight, slowest / 1e6, before);
        }
    }

    private static boolean isStuck(Duration delay) {
        return delay.toSeconds() >= 2;
    }

    private static void load(Single single, Random random) throws Exception {
        single.begin(random.nextBoolean());
        for (int slot = 0; slot < Single.SLOTS; slot++) {
            single.ring.place(single.make(random.nextInt(4) == 0 ? ChainKind.FLUSH : ChainKind.READ, slot));
        }
        single.ring.publish();
        single.signals.kick();
        Thread.sleep(random.nextInt(3) == 0 ? 0 : random.nextInt(MOST_MILLIS));
        int round = 0;
        while (round++ < Single.SLOTS && single.ring.poll().isPresent()) {
            // What is back is not in flight.
        }
        // New ones, so that the reset never meets an idle device.
        for (int slot = 0; slot < Single.SLOTS && single.ring.outstanding() == 0; slot++) {
            single.ring.place(single.make(ChainKind.READ, slot));
            single.ring.publish();
            single.signals.kick();
        }
    }

    private static MemorySegment rings(Single single) {
        DriverArea rings = single.rings;
        return rings.space().asSlice(rings.host(), rings.bytes());
    }

    private static void pour(Single single) {
        rings(single).fill((byte) 0x5a);
        for (int slot = 0; slot < Single.SLOTS; slot++) {
            single.slots.pour(slot);
            single.slots.keep(slot);
        }
    }

    private static void checkUntouched(Single single) {
        MemorySegment rings = rings(single);
        MemorySegment poured =
                MemorySegment.ofArray(new byte[(int) rings.byteSize()]).fill((byte) 0x5a);
        assertThat(rings.mismatch(poured)).as("first byte written to the rings").isEqualTo(-1);
        for (int slot = 0; slot < Single.SLOTS; slot++) {
            single.slots.checkKept(slot, 0, 0);
        }
    }
}
