package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session goes on by the log of one that is gone without having given back what it had taken. */
@Spec({"CR-01", "CR-09", "CR-13"})
class ResumeTest {

    private static final int SIZE = 16;

    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> lives = new ArrayList<>();
    private DriverMemory memory;
    private MemorySegment log;
    private EventFd kick;

    @BeforeEach
    void open() throws Exception {
        memory = new DriverMemory(1 << 20);
        kick = EventFd.create();
        log = arena.allocate(InflightLog.bytes(2, SIZE, true), 64);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable life : lives) {
            life.close();
        }
        kick.close();
        memory.close();
        arena.close();
    }

    private static long features(boolean packed) {
        return packed ? VirtioFeatures.RING_PACKED : 0;
    }

    /** A life that takes what is there; ended without a word if the device keeps everything. */
    private Session live(EchoDevice device, List<EchoDriver> drivers, boolean packed) throws Exception {
        return live(device, drivers, packed, _ -> {});
    }

    private Session live(EchoDevice device, List<EchoDriver> drivers, boolean packed, Consumer<WorkerPool> before)
            throws Exception {
        var pool = new WorkerPool(1, 0);
        var budget = MemoryBudget.process().child("life", 16 << 20);
        List<QueueSetup> setups = new ArrayList<>();
        for (EchoDriver driver : drivers) {
            setups.add(driver.setup(Optional.of(EventFd.adopt(kick.fd().duplicate()))));
        }
        var logs = new InflightLog(log, 2, SIZE, packed);
        var session = new Session(
                new DeviceHistory("life"), device, features(packed), setups, memory, _ -> 0, pool, budget, logs);
        before.accept(pool);
        session.start(e -> {
            throw new IllegalStateException(e);
        });
        lives.add(pool);
        return session;
    }

    /** As a death: nothing is given back any more, and the log stays as it is. */
    private static void die(Session session, List<EchoDevice.Job> held) {
        session.abandon();
        var gone = new CountDownLatch(1);
        session.stop(gone::countDown);
        held.forEach(EchoDevice.Job::finish);
        Rig.await(gone, "the life is over");
        held.clear();
    }

    private static Set<Long> received(EchoDriver driver, int count) {
        Set<Long> values = new HashSet<>();
        Eventually.until(count + " have come back", () -> {
            long value = driver.receive();
            if (value != EchoDriver.NOTHING) {
                assertThat(values.add(value)).as(value + " comes back once").isTrue();
            }
            return values.size() == count;
        });
        return values;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasInFlightIsDoneAgainAndTheRestToo(boolean packed) throws Exception {
        List<EchoDriver> drivers = List.of(
                new EchoDriver(memory, 0, SIZE, features(packed)), new EchoDriver(memory, 1, SIZE, features(packed)));
        for (int i = 0; i < 3; i++) {
            drivers.get(0).send(10 + i, kick);
            drivers.get(1).send(20 + i, kick);
        }
        List<EchoDevice.Job> held = new CopyOnWriteArrayList<>();
        Session first = live(EchoDevice.over(2, held::add), drivers, packed);
        Eventually.until("all are taken", () -> held.size() == 6);
        die(first, held);
        assertThat(drivers.get(0).receive()).isEqualTo(EchoDriver.NOTHING);
        drivers.get(0).send(13, kick);

        Session second = live(EchoDevice.direct(2), drivers, packed);
        assertThat(received(drivers.get(0), 4)).containsExactlyInAnyOrder(10L, 11L, 12L, 13L);
        assertThat(received(drivers.get(1), 3)).containsExactlyInAnyOrder(20L, 21L, 22L);
        die(second, held);
        drivers.get(1).send(23, kick);
        Session third = live(EchoDevice.direct(2), drivers, packed);
        assertThat(received(drivers.get(1), 1)).containsExactly(23L);
        die(third, held);
    }

    /** Whoever stops a queue before it has even begun must not be told that nothing is in flight: it is in the log. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aQueueThatIsStoppedAtOnceStillDoesWhatWasInFlight(boolean packed) throws Exception {
        List<EchoDriver> drivers = List.of(new EchoDriver(memory, 0, SIZE, features(packed)));
        drivers.getFirst().send(5, kick);
        List<EchoDevice.Job> held = new CopyOnWriteArrayList<>();
        Session first = live(EchoDevice.over(1, held::add), drivers, packed);
        Eventually.until("it has begun", () -> held.size() == 1);
        die(first, held);

        var busy = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        Session second = live(EchoDevice.direct(1), drivers, packed, pool -> {
            pool.forQueues(1).getFirst().execute(() -> Rig.await(busy, "both are asked for"));
        });
        second.stopQueue(0, _ -> stopped.countDown());
        busy.countDown();
        Rig.await(stopped, "the queue is quiet");
        assertThat(drivers.getFirst().receive()).isEqualTo(5);
    }

    /** Who has asked where a queue stands is told also if the session ends before the queue has begun. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSessionThatEndsAtOnceStillTellsWhereAQueueStands(boolean packed) throws Exception {
        List<EchoDriver> drivers = List.of(new EchoDriver(memory, 0, SIZE, features(packed)));
        var busy = new CountDownLatch(1);
        var told = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        Session only = live(EchoDevice.direct(1), drivers, packed, pool -> {
            pool.forQueues(1).getFirst().execute(() -> Rig.await(busy, "both are asked for"));
        });
        only.pauseUntilDrained(0, _ -> told.countDown());
        only.stop(gone::countDown);
        busy.countDown();
        Rig.await(gone, "the session is over");
        Rig.await(told, "it is told");
    }

    /** In flight at three deaths after it was begun again: it is taken for their cause. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRequestThatKillsIsRefusedInTheEnd(boolean packed) throws Exception {
        List<EchoDriver> drivers = List.of(new EchoDriver(memory, 0, SIZE, features(packed)));
        drivers.getFirst().send(666, kick);
        List<EchoDevice.Job> held = new CopyOnWriteArrayList<>();
        for (int life = 0; life < 4; life++) {
            Session session = live(EchoDevice.over(1, held::add), drivers, packed);
            Eventually.until("it has begun", () -> held.size() == 1);
            die(session, held);
            assertThat(drivers.getFirst().ring().poll()).as("life " + life).isEqualTo(VirtqueueDriver.NOTHING);
        }
        Session last = live(EchoDevice.over(1, held::add), drivers, packed);
        Eventually.until("it comes back", () -> drivers.getFirst().ring().poll() >= 0);
        assertThat(drivers.getFirst().ring().usedLength()).isZero();
        assertThat(held).isEmpty();
        die(last, held);
    }
}
