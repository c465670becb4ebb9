package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A process dies in the middle of showing a batch; its successor shows the rest to a driver that sleeps (CR-09). */
@Spec("CR-09")
class PartBatchTest {

    private static final int SIZE = 16;
    private static final int CHAINS = 3;

    /** The life ends here. */
    private static final class Death extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Tells the log all but that a batch was shown. */
    private static final class Dying extends RelayedLog {
        Dying(InFlight log) {
            super(log);
        }

        @Override
        public void published(int nextUsed) {
            throw new Death();
        }
    }

    private static short[] flags(EchoDriver driver) {
        short[] flags = new short[SIZE];
        for (int i = 0; i < SIZE; i++) {
            flags[i] =
                    NativeMemory.ALL.get(ValueLayout.JAVA_SHORT, driver.rings().descHost() + 16L * i + 14);
        }
        return flags;
    }

    /** A life whose batch has its first chain's flags in the ring, and no others. */
    private static void firstLife(Arena arena, DriverMemory memory, EchoDriver driver, InflightLog logs) {
        var log = logs.queue(0, SIZE);
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            slots[i] = new Chain(i, 0, arena.allocate((long) SIZE * Chain.PIECE_BYTES, 16));
        }
        Virtqueue queue = Virtqueue.of(
                0, SIZE, VirtioFeatures.RING_PACKED, VirtqueueState.PACKED_START, memory, new Dying(log), slots);
        var rings = driver.rings();
        if (!queue.attach(rings.desc(), rings.driver(), rings.device())) {
            throw new AssertionError("no rings");
        }
        log.begin(queue.state().used());
        List<Chain> chains = new ArrayList<>();
        for (int i = 0; i < CHAINS; i++) {
            chains.add(queue.take());
        }
        short[] before = flags(driver);
        chains.forEach(chain -> queue.push(chain, 8));
        try {
            queue.publish();
            throw new AssertionError("it lives");
        } catch (Death died) {
            for (int i = 1; i < SIZE; i++) {
                NativeMemory.ALL.set(ValueLayout.JAVA_SHORT, rings.descHost() + 16L * i + 14, before[i]);
            }
        }
    }

    @Test
    void theDriverIsInterruptedWhenTheRestIsShown() throws Exception {
        try (var arena = Arena.ofShared();
                var memory = new DriverMemory(1 << 20);
                var kick = EventFd.create();
                var pool = new WorkerPool(1, 0)) {
            var driver = new EchoDriver(memory, 0, SIZE, VirtioFeatures.RING_PACKED);
            for (int i = 0; i < CHAINS; i++) {
                driver.send(i, kick);
            }
            var region = arena.allocate(InflightLog.bytes(1, SIZE, true), 64);
            firstLife(arena, memory, driver, new InflightLog(region, 1, SIZE, true));

            var seen = new AtomicInteger();
            var interrupts = new AtomicInteger();
            var session = new Session(
                    new DeviceHistory("part"),
                    EchoDevice.direct(1),
                    VirtioFeatures.RING_PACKED,
                    List.of(driver.setup(Optional.of(kick))),
                    memory,
                    _ -> {
                        interrupts.incrementAndGet();
                        while (driver.ring().poll() >= 0) {
                            seen.incrementAndGet();
                        }
                        return 0;
                    },
                    pool,
                    MemoryBudget.process().child("part", 16 << 20),
                    new InflightLog(region, 1, SIZE, true));
            session.start(e -> {
                throw new IllegalStateException(e);
            });
            Eventually.until("all are seen by a driver that looks when it is interrupted", () -> seen.get() == CHAINS);
            var gone = new CountDownLatch(1);
            session.stop(gone::countDown);
            Rig.await(gone, "the session is over");
            assertThat(interrupts).hasValue(1);
        }
    }
}
