package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.virtio.VirtioFeatures;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a driver wakes a worker. */
class KickTest {

    private static final long EVENT_IDX = VirtioFeatures.RING_EVENT_IDX;
    private static final long PACKED = VirtioFeatures.RING_PACKED;
    private static final int STORM = 100_000;

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    void aKickWakesASleepingWorker(long features) throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(2), features).start()) {
            for (int value = 0; value < 50; value++) {
                rig.echo(value % 2, value);
                LockSupport.parkNanos(value * 10_000L);
            }
            assertThat(rig.counters().fetched()).isEqualTo(25);
        }
    }

    /** The worker sleeps and wakes while chains come in ones and twos: each must be seen, or the test never ends. */
    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    @Spec({"VS-13", "VS-14", "VS-20", "VP-15", "BUG-09"})
    void noKickIsLostInAStorm(long features) throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        try (Rig rig = new Rig(EchoDevice.direct(1), features).start()) {
            EchoDriver driver = rig.driver();
            long sent = 0;
            long received = 0;
            while (received < STORM) {
                int burst = 1 + random.nextInt(4);
                for (int i = 0; i < burst && sent < STORM && driver.add(sent); i++) {
                    sent++;
                }
                driver.publish(rig.kick());
                if (random.nextInt(256) == 0) {
                    LockSupport.parkNanos(random.nextInt(60_000)); // long enough for the worker to fall asleep
                }
                long expected = sent;
                received += drain(driver);
                if (sent - received > Rig.SIZE / 4 || sent == STORM) {
                    long before = received;
                    long[] more = {0};
                    Eventually.until("seed " + seed + ": chain " + before + " of " + expected, () -> {
                        more[0] = drain(driver);
                        return more[0] > 0 || before == STORM;
                    });
                    received += more[0];
                }
            }
            assertThat(rig.counters().fetched()).isEqualTo(STORM);
            assertThat(rig.counters().used()).isEqualTo(STORM);
        }
    }

    private static long drain(EchoDriver driver) {
        long count = 0;
        while (driver.receive() != EchoDriver.NOTHING) {
            count++;
        }
        return count;
    }

    @Test
    void aQueueWithoutKicksIsLookedAt() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0, false, Rig.pool(), true, Rig.SIZE).start()) {
            for (int value = 0; value < 20; value++) {
                rig.echo(0, value); // its kick goes nowhere
            }
            assertThat(rig.counters().used()).isEqualTo(20);
        }
    }

    @Test
    @Spec({"VD-01", "CR-09"})
    void whatWasMadeAvailableBeforeTheStartNeedsNoKick() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0)) {
            rig.driver().add(7);
            rig.driver().ring().publish();
            assertThat(Eventually.neverFor(
                            Duration.ofMillis(100),
                            () -> rig.driver().receive() != EchoDriver.NOTHING || rig.interrupts.asked(0) > 0))
                    .as("nothing is used and nobody interrupted before DRIVER_OK")
                    .isTrue();
            rig.start();
            Eventually.until("echo without a kick", () -> rig.driver().receive() == 7);
        }
    }

    @Test
    @Spec("VS-19")
    void kicksForNothingCostLittle() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0).start()) {
            Thread worker = Usage.thread("vduse-worker-0");
            long before = Usage.cpuNanos(worker);
            for (int i = 0; i < STORM; i++) {
                rig.kick().signal();
            }
            rig.settle();
            assertThat(Usage.cpuNanos(worker) - before).isLessThan(2_000_000_000L);
            assertThat(rig.counters().fetched()).isZero();
            rig.echo(0, 1);
        }
    }

    @Test
    void anIdleWorkerSleeps() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0).start()) {
            rig.echo(0, 1);
            Thread worker = Usage.thread("vduse-worker-0");
            LockSupport.parkNanos(100_000_000);
            long before = Usage.cpuNanos(worker);
            LockSupport.parkNanos(1_000_000_000);
            assertThat(Usage.cpuNanos(worker) - before).as("CPU in a second").isLessThan(3_000_000L);
        }
    }
}
