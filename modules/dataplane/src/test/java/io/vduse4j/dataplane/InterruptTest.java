package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.VirtioFeatures;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a worker interrupts the driver, and when not. */
class InterruptTest {

    private static final long EVENT_IDX = VirtioFeatures.RING_EVENT_IDX;
    private static final long PACKED = VirtioFeatures.RING_PACKED;
    private static final int BATCH = 30;

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    void aBatchIsOneInterrupt(long features) throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), features).start()) {
            rig.driver().ring().enableInterrupts();
            for (int value = 0; value < BATCH; value++) {
                rig.driver().add(value);
            }
            rig.driver().publish(rig.kick());
            rig.interrupts.awaitTaken(0, 2); // the first was at the start
            rig.settle();
            assertThat(rig.counters().used()).isEqualTo(BATCH);
            assertThat(rig.interrupts.taken(0)).isEqualTo(2);
            assertThat(rig.counters().interrupts()).isEqualTo(2);
        }
    }

    /** A driver that looks by itself need not wait for the end of a batch, and is not interrupted before it. */
    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    void theDriverSeesTheBeginningOfABatchBeforeItsEnd(long features) throws Exception {
        EchoDevice device = EchoDevice.direct(1);
        try (Rig rig = new Rig(device, features).start()) {
            rig.driver().ring().enableInterrupts();
            AtomicInteger handled = new AtomicInteger();
            AtomicInteger seen = new AtomicInteger();
            AtomicInteger interrupts = new AtomicInteger();
            device.onHandle(_ -> {
                if (handled.incrementAndGet() == BATCH) {
                    while (rig.driver().ring().poll() >= 0) {
                        seen.incrementAndGet();
                    }
                    interrupts.set(rig.interrupts.taken(0));
                }
            });
            for (int value = 0; value < BATCH; value++) {
                rig.driver().add(value);
            }
            rig.driver().publish(rig.kick());
            rig.interrupts.awaitTaken(0, 2);
            assertThat(seen).as("of those before the last").hasValueBetween(1, BATCH - 1);
            assertThat(interrupts).as("the one at the start").hasValue(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    @Spec({"VS-13", "VS-14", "VP-14"})
    void whoWantsNoInterruptGetsNone(long features) throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), features).start()) {
            rig.echo(0, 1); // the first batch tells with EVENT_IDX where the wish is counted from
            rig.settle(); // its interrupt comes after what the driver sees of it
            int before = rig.interrupts.taken(0);
            rig.driver().ring().disableInterrupts();
            for (int value = 0; value < BATCH; value++) {
                rig.echo(0, value);
            }
            rig.settle();
            assertThat(rig.interrupts.taken(0)).isEqualTo(before);
            assertThat(rig.counters().suppressed()).isEqualTo(BATCH);
            if (rig.driver().ring().enableInterrupts()) {
                throw new AssertionError("nothing had come back unseen");
            }
            rig.driver().send(99, rig.kick());
            rig.interrupts.awaitTaken(0, before + 1);
        }
    }

    /** DRIVER_OK counts a moment after its reply: until then interrupts are refused (kernel-behaviour 12). */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusedInterruptIsTriedAgain(boolean kicked) throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0, kicked, Rig.pool(), true, Rig.SIZE)) {
            rig.interrupts.answer = -Errno.EINVAL;
            rig.start();
            Eventually.until("tries", () -> rig.interrupts.asked(0) > 5);
            assertThat(rig.counters().interrupts()).isZero();
            rig.interrupts.answer = 0;
            rig.interrupts.awaitTaken(0, 1);
            rig.settle();
            assertThat(rig.counters().interrupts()).isEqualTo(1);
            int asked = rig.interrupts.asked(0);
            LockSupport.parkNanos(20_000_000);
            assertThat(rig.interrupts.asked(0)).as("and then no more").isEqualTo(asked);
        }
    }

    /** It spins for a minute before it sleeps, as one does that another device keeps busy. */
    @Test
    void aRefusedInterruptIsTriedAgainByAWorkerThatDoesNotSleep() throws Exception {
        try (WorkerPool pool = new WorkerPool(1, 60_000_000_000L);
                Rig rig = new Rig(EchoDevice.direct(1), 0, pool)) {
            rig.interrupts.answer = -Errno.EINVAL;
            rig.start();
            Eventually.until("tries", () -> rig.interrupts.asked(0) > 3);
            rig.interrupts.answer = 0;
            rig.interrupts.awaitTaken(0, 1);
        }
    }

    @Test
    void anInterruptThatIsRefusedForGoodIsNotTriedForEver() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0)) {
            rig.interrupts.answer = -Errno.EPERM;
            rig.start();
            LockSupport.parkNanos(30_000_000);
            assertThat(rig.interrupts.asked(0)).isEqualTo(1);
            rig.echo(0, 1);
        }
    }
}
