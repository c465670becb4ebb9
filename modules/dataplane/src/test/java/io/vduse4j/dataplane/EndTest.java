package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Pauses, drains, ends, and changes of memory while requests are in flight. */
class EndTest {

    private static final Duration A_WHILE = Duration.ofMillis(60);

    private final Held held = new Held();
    private final EchoDevice device = EchoDevice.over(1, held);

    private void sendAndHold(Rig rig, int count) {
        int before = held.count();
        for (int value = 0; value < count; value++) {
            rig.driver().send(100 + value, rig.kick());
        }
        Eventually.until(count + " in flight", () -> held.count() == before + count);
    }

    @Test
    void aPauseTellsTheNextIndexOnceNothingIsInFlight() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 5);
            AtomicInteger told = new AtomicInteger(-1);
            AtomicInteger toldToo = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
            rig.session.pauseUntilDrained(0, state -> toldToo.set(state.avail()));
            rig.settle();
            rig.driver().send(999, rig.kick());
            held.releaseOne();
            assertThat(Eventually.neverFor(A_WHILE, () -> told.get() != -1)).isTrue();
            assertThat(held.count()).as("nothing more was taken").isEqualTo(4);
            held.releaseAll();
            Eventually.until("the index", () -> told.get() != -1);
            assertThat(told.get()).isEqualTo(5);
            assertThat(toldToo.get()).isEqualTo(5);
            Eventually.until("goes on", () -> held.count() == 1);
            held.releaseAll();
        }
    }

    @Test
    void aPauseOfAnIdleQueueTellsAtOnce() throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), 0).start()) {
            rig.echo(0, 1);
            rig.echo(0, 2);
            AtomicInteger told = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
            Eventually.until("the index", () -> told.get() == 2);
            rig.echo(0, 3);
        }
    }

    @Test
    void aPauseThatTookTooLongIsTakenBack() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 1);
            AtomicInteger told = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
            rig.session.resume(0);
            sendAndHold(rig, 1);
            held.releaseAll();
            Eventually.until("both back", () -> rig.counters().used() == 2);
            assertThat(told.get()).isEqualTo(-1);
        }
    }

    @Test
    void aPauseIsToldAlsoWhenTheSessionEndsFirst() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 2);
            AtomicInteger told = new AtomicInteger(-1);
            rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
            CountDownLatch drained = new CountDownLatch(1);
            rig.session.stop(drained::countDown);
            rig.settleCommands();
            held.releaseAll();
            Rig.await(drained, "drained");
            assertThat(told.get()).isEqualTo(2);
        }
        try (Rig rig = new Rig(EchoDevice.direct(1), 0).start()) {
            AtomicInteger told = new AtomicInteger(-1);
            rig.pool
                    .forQueues(1)
                    .getFirst()
                    .execute(
                            () -> { // in one round
                                rig.session.pauseUntilDrained(0, state -> told.set(state.avail()));
                                rig.session.stop(() -> {});
                            });
            rig.settle();
            assertThat(told.get()).isZero();
        }
    }

    @Test
    void theEndIsToldAfterTheLastCompletion() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 3);
            CountDownLatch drained = new CountDownLatch(1);
            rig.session.stop(drained::countDown);
            rig.driver().send(5, rig.kick());
            held.releaseOne();
            held.releaseOne();
            assertThat(Eventually.neverFor(A_WHILE, () -> drained.getCount() == 0))
                    .isTrue();
            assertThat(device.handlersClosed()).isZero();
            held.releaseOne();
            Rig.await(drained, "drained");
            assertThat(held.count())
                    .as("what came after the stop was not taken")
                    .isZero();
            assertThat(device.handlersClosed()).isEqualTo(1);
            assertThat(rig.counters().used()).isEqualTo(3);
            for (int i = 0; i < 3; i++) {
                assertThat(rig.driver().receive()).isNotEqualTo(EchoDriver.NOTHING);
            }
            assertThat(rig.budget.used()).isZero();
        }
    }

    /** The memory belongs to others by now: whatever is written there is their damage (VD-09). */
    @Test
    @Spec("VD-09")
    void afterAnAbandonNothingIsWritten() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 10);
            CountDownLatch drained = new CountDownLatch(1);
            rig.session.stop(drained::countDown);
            rig.memory.device().replaceWithEmpty();
            rig.session.abandon();
            MemorySegment driversSight =
                    NativeMemory.ALL.asSlice(rig.memory.host(DriverMemory.BASE), rig.memory.bytes());
            driversSight.fill((byte) 0x5a);
            assertThat(drained.getCount()).isEqualTo(1);
            held.releaseAll();
            Rig.await(drained, "drained");
            assertThat(driversSight.mismatch(MemorySegment.ofArray(canary(rig.memory.bytes()))))
                    .isEqualTo(-1);
            assertThat(rig.counters().used()).isZero();
            assertThat(rig.budget.used()).isZero();
        }
    }

    /** As above, but the old memory was left mapped: not even the rings may be written. */
    @Test
    @Spec("VD-09")
    void afterAnAbandonTheRingsAreLeftAlone() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 10);
            CountDownLatch drained = new CountDownLatch(1);
            rig.session.stop(drained::countDown);
            rig.session.abandon();
            rig.settle();
            var rings = rig.driver().rings();
            int usedIndex = NativeMemory.ALL.get(ValueLayout.JAVA_SHORT, rings.deviceHost() + 2);
            held.releaseAll();
            Rig.await(drained, "drained");
            assertThat((int) NativeMemory.ALL.get(ValueLayout.JAVA_SHORT, rings.deviceHost() + 2))
                    .isEqualTo(usedIndex);
            assertThat(rig.counters().used())
                    .as("what was dropped was not given back")
                    .isZero();
        }
    }

    private static byte[] canary(long size) {
        byte[] bytes = new byte[(int) size];
        Arrays.fill(bytes, (byte) 0x5a);
        return bytes;
    }

    @Test
    @Spec("BUG-11")
    void oldMemoryIsPassedWhenItsLastRequestIsDone() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 2);
            Mapping old = rig.memory.remap();
            CountDownLatch passed = new CountDownLatch(1);
            rig.session.passTo(rig.memory.memory().generation(), () -> {
                old.close(); // a late access would end the JVM
                passed.countDown();
            });
            sendAndHold(rig, 3); // of the new generation, behind the old ones
            held.releaseOne();
            assertThat(Eventually.neverFor(A_WHILE, () -> passed.getCount() == 0))
                    .isTrue();
            held.releaseOne();
            Rig.await(passed, "passed");
            assertThat(held.count()).isEqualTo(3);
            held.releaseAll();
            Eventually.until("all back", () -> rig.counters().used() == 5);
            rig.settle();
        }
    }

    @Test
    @Spec("BUG-11")
    void memoryChangesTwiceWhileARequestIsStuck() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 1);
            List<Mapping> retired = new ArrayList<>();
            CountDownLatch first = pass(rig, retired);
            sendAndHold(rig, 1);
            CountDownLatch second = pass(rig, retired);
            rig.settleCommands();
            held.releaseAll();
            Rig.await(second, "second passed");
            Rig.await(first, "first passed");
            retired.forEach(Mapping::close);
            Eventually.until("all back", () -> rig.counters().used() == 2);
        }
    }

    private static CountDownLatch pass(Rig rig, List<Mapping> retired) throws LinuxException {
        retired.add(rig.memory.remap());
        CountDownLatch passed = new CountDownLatch(1);
        rig.session.passTo(rig.memory.memory().generation(), passed::countDown);
        return passed;
    }

    @Test
    void requestsThatEndWhileTheRingsAreAwayAreGivenBackLater() throws Exception {
        try (Rig rig = new Rig(device, 0).start()) {
            sendAndHold(rig, 3);
            rig.memory.unmap();
            rig.session.passTo(rig.memory.memory().generation(), () -> {});
            rig.settleCommands();
            held.releaseAll();
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.driver().receive() != EchoDriver.NOTHING))
                    .isTrue();
            CountDownLatch passed = pass(rig, new ArrayList<>());
            Rig.await(passed, "passed");
            for (int value = 100; value < 103; value++) {
                int expected = value;
                Eventually.until("echo", () -> rig.driver().receive() == expected);
            }
            assertThat(rig.counters().used()).isEqualTo(3);
        }
    }
}
