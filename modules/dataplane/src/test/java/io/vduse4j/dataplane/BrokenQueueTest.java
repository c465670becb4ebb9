package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.dataplane.harness.LogTap;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a driver does to one queue stays with that queue, and no chain is lost in the books (CR-01). */
@Spec({"CR-01", "BUG-09"})
class BrokenQueueTest {

    private final LogTap log = new LogTap(FaultLog.class);

    @AfterEach
    void untap() {
        log.close();
    }

    private static void availIndex(RingAddresses rings, int value) {
        NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, rings.driverHost() + SplitRing.INDEX, (short) value);
    }

    private static void availEntry(RingAddresses rings, int entry, int head) {
        NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, rings.driverHost() + SplitRing.RING + 2L * entry, (short) head);
    }

    private void brokenBy(Rig rig, Fault fault) {
        rig.kick().signal();
        Eventually.until(fault.text(), () -> rig.counters().faults(fault) == 1);
        for (int value = 0; value < 10; value++) {
            rig.echo(1, value);
        }
        rig.kick().signal();
        rig.settle();
        assertThat(rig.counters().faults(fault)).as("told once").isEqualTo(1);
        assertThat(rig.session.counters(1).used()).isEqualTo(10);
        assertThat(rig.broken).containsExactly("0: " + fault);
        assertThat(log.lines()).singleElement().asString().contains("rig: queue 0: " + fault.text());
    }

    @Test
    @Spec("VS-12")
    void theIndexRunsAhead() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            rig.echo(0, 1);
            availIndex(rig.driver().rings(), 1 + Rig.SIZE + 1);
            brokenBy(rig, Fault.AVAIL_INDEX_JUMP);
            assertThat(rig.counters().fetched()).isEqualTo(1);
            assertThat(rig.counters().used()).isEqualTo(1);
        }
    }

    @Test
    @Spec("VS-12")
    void theIndexGoesBack() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            rig.echo(0, 1);
            rig.echo(0, 2);
            availIndex(rig.driver().rings(), 1);
            brokenBy(rig, Fault.AVAIL_INDEX_JUMP);
            assertThat(rig.counters().fetched())
                    .as("nothing is processed again")
                    .isEqualTo(2);
        }
    }

    @Test
    @Spec("BUG-04")
    void aHeadLiesOutsideOfTheTable() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            availEntry(rig.driver().rings(), 0, Rig.SIZE);
            availIndex(rig.driver().rings(), 1);
            brokenBy(rig, Fault.HEAD_OUT_OF_RANGE);
            assertThat(rig.counters().fetched()).isZero();
        }
    }

    @Test
    void whatCameBeforeABadHeadIsServed() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            rig.driver().add(11);
            availEntry(rig.driver().rings(), 1, 0xffff);
            availIndex(rig.driver().rings(), 2);
            brokenBy(rig, Fault.HEAD_OUT_OF_RANGE);
            assertThat(rig.counters().fetched()).isEqualTo(1);
            assertThat(rig.counters().used()).isEqualTo(1);
        }
    }

    @Test
    void aHeadIsMadeAvailableTwice() throws Exception {
        Held held = new Held();
        try (Rig rig = new Rig(EchoDevice.over(2, held), 0).start()) {
            rig.driver().send(5, rig.kick());
            Eventually.until("in flight", () -> held.count() == 1);
            availEntry(rig.driver().rings(), 1, 0);
            availIndex(rig.driver().rings(), 2);
            rig.kick().signal();
            Eventually.until("broken", () -> rig.counters().faults(Fault.HEAD_IN_FLIGHT) == 1);
            assertThat(rig.counters().fetched() - rig.counters().used())
                    .as("in flight")
                    .isEqualTo(1);
            held.releaseAll();
            Eventually.until(
                    "the first one ends all the same", () -> rig.driver().receive() == 5);
            rig.settle();
            assertThat(rig.counters().fetched()).isEqualTo(rig.counters().used());
            rig.drivers.get(1).send(6, rig.kicks.get(1));
            Eventually.until("other queue", () -> held.count() == 1);
            held.releaseAll();
            Eventually.until("other queue", () -> rig.drivers.get(1).receive() == 6);
        }
    }

    @Test
    void aBrokenQueueCanStillBePausedAndStopped() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            rig.echo(0, 1);
            availIndex(rig.driver().rings(), 5000);
            brokenBy(rig, Fault.AVAIL_INDEX_JUMP);
            var told = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
            Eventually.until("it is told where the queue stands", () -> told.get() == 1);
            rig.stop();
        }
    }

    /** Malformed chains are given back with length 0, and the books are right (BUG-09). */
    @Test
    @Spec({"VS-08", "VS-17"})
    void malformedChainsComeBack() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), 0).start()) {
            RingAddresses rings = rig.driver().rings();
            for (int head = 0; head < 8; head++) {
                long at = rings.descHost() + 16L * head;
                NativeMemory.ALL.set(ValueLayout.JAVA_LONG, at, rig.driver().buffers());
                NativeMemory.ALL.set(ValueLayout.JAVA_INT, at + 8, 8);
                NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, at + 12, (short) SplitRing.DESC_NEXT);
                NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, at + 14, (short) head); // to itself
                availEntry(rings, head, head);
            }
            availIndex(rings, 8);
            rig.kick().signal();
            Eventually.until("all back", () -> rig.counters().used() == 8);
            assertThat(rig.counters().fetched()).isEqualTo(8);
            assertThat(rig.counters().faults(Fault.CHAIN_TOO_LONG)).isEqualTo(8);
            for (int entry = 0; entry < 8; entry++) {
                long at = rings.deviceHost() + SplitRing.RING + 8L * entry;
                assertThat(NativeMemory.ALL.get(ValueLayout.JAVA_INT, at)).isEqualTo(entry);
                assertThat(NativeMemory.ALL.get(ValueLayout.JAVA_INT, at + 4)).isZero();
            }
        }
    }

    /** Ten lines a second for a kind of fault, however many there are, and the number of those left out (TM-03, R-36). */
    @Test
    @Spec("TM-03")
    void aFloodOfMalformedChainsDoesNotFloodTheLog() throws Exception {
        int flood = 200_000;
        try (Rig rig = new Rig(EchoDevice.direct(1), 0).start()) {
            EchoDriver driver = rig.driver();
            RingAddresses rings = driver.rings();
            for (int head = 0; head < Rig.SIZE; head++) {
                long at = rings.descHost() + 16L * head;
                NativeMemory.ALL.set(ValueLayout.JAVA_LONG, at, 0x1234); // in no region
                NativeMemory.ALL.set(ValueLayout.JAVA_INT, at + 8, 8);
                NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, at + 12, (short) 0);
                availEntry(rings, head, head);
            }
            long start = System.nanoTime();
            for (int done = 0; done < flood; done += Rig.SIZE) {
                availIndex(rings, done + Rig.SIZE);
                rig.kick().signal();
                long expected = (long) done + Rig.SIZE;
                Eventually.until("flood", () -> rig.counters().used() >= expected);
            }
            long seconds = 2 + (System.nanoTime() - start) / 1_000_000_000L;
            assertThat(rig.counters().faults(Fault.BUFFER_UNMAPPED))
                    .isEqualTo(rig.counters().used());
            assertThat(log.lines()).hasSizeBetween(10, (int) (10 * seconds));
            assertThat(log.lines().getFirst())
                    .contains("rig: queue 0: buffer not mapped; the request fails (number 1)");
            if (log.lines().size() > 10) {
                assertThat(log.lines().get(10)).containsPattern("number \\d+, \\d+ lines left out");
            }
        }
    }
}
