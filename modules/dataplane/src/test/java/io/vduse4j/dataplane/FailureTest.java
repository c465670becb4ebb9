package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.LogTap;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever happens to a device, its worker goes on with the others (J-01, J-15). */
class FailureTest {

    /** What loses its memory while it is used. */
    enum Part {
        RINGS,
        PAYLOAD
    }

    private final LogTap log = new LogTap(DeviceAgent.class);
    private final LogTap faults = new LogTap(FaultLog.class);

    @AfterEach
    void untap() {
        log.close();
        faults.close();
    }

    @Test
    @Spec("J-15")
    void anErrorOfADeviceModelFailsThatDevice() throws Exception {
        EchoDevice faulty = EchoDevice.direct(2).onHandle(_ -> {
            throw new IllegalStateException("a defect");
        });
        try (WorkerPool pool = Rig.pool();
                Rig good = new Rig(EchoDevice.direct(1), 0, pool).start();
                Rig bad = new Rig(faulty, 0, pool).start()) {
            bad.driver().send(1, bad.kick());
            Eventually.until("failed", () -> !log.lines().isEmpty());
            assertThat(log.lines()).singleElement().asString().contains("rig: the device model failed", "a defect");
            for (int value = 0; value < 10; value++) {
                good.echo(0, value);
            }
            bad.drivers.get(1).send(1, bad.kicks.get(1));
            bad.settle();
            assertThat(bad.session.counters(1).fetched())
                    .as("its other queue stops too")
                    .isZero();
            bad.stop();
        }
    }

    /** What was gathered before the failure is still to be submitted, or it is never drained. */
    @Test
    void whatWasGatheredBeforeAFailureComesBack() throws Exception {
        List<EchoDevice.Job> gathered = new ArrayList<>();
        EchoDevice.Outside gathers = new EchoDevice.Outside() {
            @Override
            public void begin(EchoDevice.Job job) {
                gathered.add(job);
            }

            @Override
            public void flush() {
                gathered.forEach(EchoDevice.Job::finish);
                gathered.clear();
            }
        };
        int[] handled = {0};
        EchoDevice device = EchoDevice.over(1, gathers).onHandle(_ -> {
            if (++handled[0] == 3) {
                throw new IllegalStateException("a defect");
            }
        });
        try (Rig rig = new Rig(device, 0)) {
            for (int value = 0; value < 5; value++) {
                rig.driver().add(value);
            }
            rig.driver().ring().publish();
            rig.start();
            Eventually.until("failed", () -> !log.lines().isEmpty());
            rig.stop();
            assertThat(device.handlersClosed()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Part.class)
    @Spec({"J-01", "BUG-11"})
    void memoryThatVanishesEndsThatSessionAlone(Part part) throws Exception {
        try (WorkerPool pool = Rig.pool();
                Rig good = new Rig(EchoDevice.direct(1), 0, pool).start()) {
            for (int round = 0; round < 100; round++) {
                try (Rig bad = new Rig(EchoDevice.direct(2), 0, pool).start()) {
                    bad.echo(0, round);
                    EchoDriver driver = bad.driver();
                    driver.add(round);
                    driver.ring().publish();
                    bad.memory.truncate(part == Part.RINGS ? 0 : driver.buffers() - DriverMemory.BASE);
                    bad.kick().signal();
                    Eventually.until("failed", () -> bad.counters().faults(Fault.MEMORY_VANISHED) == 1);
                    bad.stop();
                }
                good.echo(0, round);
            }
            assertThat(log.lines()).hasSize(100).allMatch(line -> line.contains("rig: the driver's memory vanished"));
            assertThat(Usage.thread("vduse-worker-0").isAlive()).isTrue();
        }
    }

    /** In the middle of a stream of requests, by a worker whose loop has been compiled. */
    @Test
    @Spec("J-01")
    void memoryVanishesUnderABusyWorker() throws Exception {
        try (WorkerPool pool = Rig.pool();
                Rig good = new Rig(EchoDevice.direct(1), 0, pool).start()) {
            for (long value = 0; value < 30_000; value++) { // compiled from here on
                while (good.driver().add(value)) {
                    value++;
                }
                good.driver().publish(good.kick());
                while (good.driver().receive() != EchoDriver.NOTHING) {
                    Thread.onSpinWait();
                }
            }
            Eventually.until("all back", () -> {
                good.driver().receive();
                return good.driver().ring().outstanding() == 0;
            });
            for (int round = 0; round < 30; round++) {
                try (Rig bad = new Rig(EchoDevice.direct(1), 0, pool).start()) {
                    EchoDriver driver = bad.driver();
                    CountDownLatch begun = new CountDownLatch(1);
                    Thread load =
                            Thread.ofPlatform().daemon().start(() -> streamUntilItVanishes(driver, bad.kick(), begun));
                    Rig.await(begun, "load");
                    bad.memory.truncate(0);
                    bad.kick().signal();
                    load.join();
                    bad.kick().signal();
                    Eventually.until("failed", () -> bad.counters().faults(Fault.MEMORY_VANISHED) == 1);
                }
                good.echo(0, round);
            }
        }
    }

    private static void streamUntilItVanishes(EchoDriver driver, EventFd kick, CountDownLatch begun) {
        try {
            for (long value = 0; ; value++) {
                driver.send(value, kick);
                while (driver.receive() != EchoDriver.NOTHING) {
                    begun.countDown();
                }
            }
        } catch (InternalError vanished) {
            kick.signal();
        } catch (AssertionError torn) {
            // What the driver itself reads of vanishing memory may be anything.
            kick.signal();
        }
    }

    /** The rings are touched by the control thread when the session is made: that must not end it. */
    @Test
    @Spec("J-01")
    void memoryThatHasVanishedBeforeTheStartIsRefused() throws Exception {
        long descriptors = Usage.descriptors();
        try (WorkerPool pool = Rig.pool();
                DriverMemory memory = new DriverMemory(1 << 20);
                MemoryBudget budget = MemoryBudget.process().child("vanished", 1 << 24)) {
            EchoDriver driver = new EchoDriver(memory, 0, Rig.SIZE, 0);
            memory.truncate(0);
            QueueSetup setup = driver.setup(Optional.of(EventFd.create()));
            assertThatThrownBy(() -> new Session(
                            new DeviceHistory("gone"),
                            EchoDevice.direct(1),
                            0,
                            List.of(setup),
                            memory,
                            _ -> 0,
                            pool,
                            budget))
                    .isInstanceOf(java.io.IOException.class)
                    .hasMessageContaining("gone")
                    .hasMessageContaining("vanished");
            assertThat(budget.used()).isZero();
        }
        assertThat(Usage.descriptors()).isEqualTo(descriptors);
    }
}
