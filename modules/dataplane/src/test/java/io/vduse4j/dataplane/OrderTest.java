package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.linux.Mapping;
import io.vduse4j.virtio.VirtioFeatures;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that overlap, on one queue or two, with one worker or two. */
@Spec({"CR-04", "R-20"})
class OrderTest {

    private static final Duration A_WHILE = Duration.ofMillis(60);

    private final Held held = new Held();
    private final EchoDevice device = EchoDevice.over(2, held).writing();
    private WorkerPool pool;

    @AfterEach
    void close() {
        if (pool != null) {
            pool.close();
        }
    }

    private Rig rig(int workers, long features) throws Exception {
        pool = new WorkerPool(workers, 0);
        return new Rig(device, features, pool).start();
    }

    private void send(Rig rig, int queue, int id, int first, int blocks) {
        rig.drivers.get(queue).send(EchoDevice.write(id, first, blocks), rig.kicks.get(queue));
    }

    private static void receives(Rig rig, int queue, int id) {
        Eventually.until("end of " + id, () -> rig.drivers.get(queue).receive() >>> 32 == id);
    }

    private void holds(int count) {
        Eventually.until(count + " under way", () -> held.count() == count);
        assertThat(Eventually.neverFor(A_WHILE, () -> held.count() != count)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "2, 0", "2, 1"})
    void aWriteWaitsForTheEarlierOneThatItOverlaps(int workers, int queue) throws Exception {
        try (Rig rig = rig(workers, 0)) {
            send(rig, 0, 1, 0, 16);
            holds(1);
            send(rig, queue, 2, 8, 16);
            send(rig, queue, 3, 16, 16);
            send(rig, queue, 4, 1000, 16);
            holds(3); // all but 2; what 3 overlaps has not started
            held.releaseAll();
            holds(1);
            held.releaseAll();
            rig.stop();
            assertThat(rig.session.order().isIdle()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeatures.RING_PACKED})
    void itStartsOnceTheDriverCanSeeTheEarlierOnesEnd(long features) throws Exception {
        try (Rig rig = rig(2, features)) {
            send(rig, 0, 1, 0, 8);
            holds(1);
            send(rig, 1, 2, 0, 8);
            holds(1);
            rig.memory.unmap(); // what ends now is given back when the rings are there again
            rig.session.passTo(rig.memory.memory().generation(), () -> {});
            rig.settleCommands();
            rig.settleCommands();
            held.releaseAll();
            assertThat(Eventually.neverFor(A_WHILE, () -> held.count() > 0))
                    .as("the earlier one is done, but not seen")
                    .isTrue();
            Mapping old = rig.memory.remap();
            CountDownLatch passed = new CountDownLatch(1);
            rig.session.passTo(rig.memory.memory().generation(), passed::countDown);
            holds(1);
            receives(rig, 0, 1);
            held.releaseAll();
            receives(rig, 1, 2);
            Rig.await(passed, "passed");
            old.close();
        }
    }

    @Test
    void anEndWaitsForThoseThatWait() throws Exception {
        try (Rig rig = rig(2, 0)) {
            send(rig, 0, 1, 0, 8);
            holds(1);
            send(rig, 0, 2, 0, 8);
            send(rig, 1, 3, 0, 8);
            rig.settle();
            CountDownLatch drained = new CountDownLatch(1);
            AtomicInteger paused = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> paused.set(state.avail()));
            rig.session.stop(drained::countDown);
            for (int i = 0; i < 3; i++) {
                holds(1);
                assertThat(drained.getCount()).isEqualTo(1);
                held.releaseAll();
            }
            Rig.await(drained, "drained");
            assertThat(paused.get()).isEqualTo(2);
            assertThat(rig.session.order().isIdle()).isTrue();
            assertThat(rig.counters().used()).isEqualTo(2);
            assertThat(rig.budget.used()).isZero();
        }
    }

    @Test
    void aQueueStopsWhenWhatWaitsInItIsDone() throws Exception {
        try (Rig rig = rig(2, 0)) {
            send(rig, 0, 1, 0, 8);
            holds(1);
            send(rig, 1, 2, 0, 8);
            rig.settle();
            AtomicInteger stopped = new AtomicInteger(-1);
            rig.session.stopQueue(1, state -> stopped.set(state.avail()));
            assertThat(Eventually.neverFor(A_WHILE, () -> stopped.get() != -1)).isTrue();
            held.releaseAll();
            holds(1);
            held.releaseAll();
            Eventually.until("stopped", () -> stopped.get() == 1);
            assertThat(rig.session.order().isIdle()).isTrue();
        }
    }

    /** What has ended while the rings were away is given back before a queue stops, or nobody would. */
    @Test
    void aQueueStopsWhenTheDriverCanSeeWhatHasEnded() throws Exception {
        try (Rig rig = rig(1, 0)) {
            send(rig, 0, 7, 0, 8);
            holds(1);
            rig.memory.unmap();
            rig.session.passTo(rig.memory.memory().generation(), () -> {});
            rig.settleCommands();
            held.releaseAll();
            rig.settle();
            AtomicInteger stopped = new AtomicInteger(-1);
            rig.session.stopQueue(0, state -> stopped.set(state.used()));
            assertThat(Eventually.neverFor(A_WHILE, () -> stopped.get() >= 0)).isTrue();
            Mapping old = rig.memory.remap();
            CountDownLatch passed = new CountDownLatch(1);
            rig.session.passTo(rig.memory.memory().generation(), passed::countDown);
            Eventually.until("stopped", () -> stopped.get() == 1);
            receives(rig, 0, 7);
            Rig.await(passed, "passed");
            old.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whatWaitsIsForgottenWhenTheMemoryIsGone(int workers) throws Exception {
        try (Rig rig = rig(workers, 0)) {
            send(rig, 0, 1, 0, 8);
            holds(1);
            send(rig, 0, 2, 0, 8);
            send(rig, 1, 3, 0, 8);
            rig.settle();
            Eventually.until("two wait", () -> rig.session.order().waiting() == 2);
            CountDownLatch drained = new CountDownLatch(1);
            rig.session.stop(drained::countDown);
            rig.session.abandon();
            rig.settle();
            assertThat(drained.getCount()).as("one is outside").isEqualTo(1);
            held.releaseAll();
            Rig.await(drained, "drained");
            assertThat(held.count()).as("what waited never started").isZero();
            assertThat(rig.session.order().waiting()).isZero();
            assertThat(rig.budget.used()).isZero();
        }
    }

    /** After a reset that could not wait: the older data must not come last. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aWriteOfTheNextSessionWaitsForWhatWasLeft(int workers) throws Exception {
        pool = new WorkerPool(workers, 0);
        DeviceHistory history = new DeviceHistory("given up");
        try (Rig before = new Rig(device, 0, pool, history).start()) {
            send(before, 0, 1, 0, 16);
            holds(1);
            send(before, 1, 2, 100, 16);
            holds(2);
            CountDownLatch drained = new CountDownLatch(1);
            before.session.stop(drained::countDown);
            before.session.abandon();
            try (Rig after = new Rig(device, 0, pool, history).start()) {
                send(after, 0, 3, 8, 16);
                send(after, 1, 4, 100, 1);
                send(after, 1, 5, 1000, 16);
                holds(3); // the two that were left, and 5
                held.releaseOne();
                Eventually.until("the other one that was left, 5, and one that waited", () -> held.count() == 3);
                held.releaseAll();
                holds(1);
                assertThat(drained.getCount()).isZero();
                send(after, 0, 6, 0, 16);
                holds(2); // nothing of what is over is in its way
                held.releaseAll();
                after.stop();
            }
        }
    }

    /** The worker cannot say what it is writing. */
    @Test
    void nothingIsWrittenWhileAWorkerOfTheSessionBeforeIsStuck() throws Exception {
        pool = new WorkerPool(2, 0);
        DeviceHistory history = new DeviceHistory("stuck");
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        EchoDevice blocking = EchoDevice.over(1, held).writing().onHandle(_ -> {
            if (stuck.getCount() > 0) {
                stuck.countDown();
                Rig.await(free, "free");
            }
        });
        try (Rig before = new Rig(blocking, 0, pool, history).start()) {
            send(before, 0, 1, 0, 16);
            Rig.await(stuck, "stuck");
            CountDownLatch drained = new CountDownLatch(1);
            before.session.stop(drained::countDown);
            before.session.abandon();
            try (Rig after = new Rig(blocking, 0, pool, history).start()) {
                send(after, 0, 2, 1000, 16);
                holds(0);
                free.countDown();
                holds(1);
                send(after, 0, 3, 0, 16);
                holds(2); // what was stuck had not started, and never will
                held.releaseAll();
                after.stop();
            }
            Rig.await(drained, "drained");
        }
    }

    /** A driver that sees nothing of it: the number that it sent comes back. */
    @Test
    void aBatchOfOverlapsEndsInOrder() throws Exception {
        EchoDevice direct = EchoDevice.over(1, EchoDevice.Job::finish).writing();
        try (Rig rig = new Rig(direct, 0).start()) {
            EchoDriver driver = rig.driver();
            for (int id = 0; id < Rig.SIZE / 2; id++) {
                driver.add(EchoDevice.write(id, 5, 1));
            }
            driver.publish(rig.kick());
            for (int id = 0; id < Rig.SIZE / 2; id++) {
                receives(rig, 0, id);
            }
        }
    }
}
