package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Driver and device on two threads, each asleep whenever it may: a fence too few is a wake-up that never comes. */
class VirtqueueRaceTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 4;
    private static final int CHAINS = 100_000;

    private final TestMemory memory = TestMemory.flat(0x1000, BASE);
    private final RingAddresses rings = RingAddresses.contiguous(SIZE, 64, 0, BASE);
    private static final long PACKED = VirtioFeatures.RING_PACKED;
    private final Semaphore kicks = new Semaphore(0);
    private final Semaphore interrupts = new Semaphore(0);
    private int deviceSlept;
    private int driverSlept;

    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeatures.RING_EVENT_IDX, PACKED, PACKED | VirtioFeatures.RING_EVENT_IDX})
    @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Spec({"VS-13", "VS-14", "VS-16", "VS-20", "VP-06", "VP-07", "VP-15", "J-14"})
    void noWakeUpIsLostAndNoElementIsSeenTooEarly(long features) throws Exception {
        var driver = VirtqueueDriver.of(memory.space, rings, features, start(features));
        try (var threads = Executors.newFixedThreadPool(2)) {
            var device = threads.submit(() -> device(features));
            var answers = threads.submit(() -> drive(driver));
            try {
                answers.get();
                device.get();
            } finally {
                threads.shutdownNow();
            }
        }
        assertThat(deviceSlept + driverSlept).as("sleeps").isGreaterThan(CHAINS / 1000);
    }

    private static VirtqueueState start(long features) {
        return (features & PACKED) != 0 ? VirtqueueState.PACKED_START : VirtqueueState.split(65000);
    }

    private static void sleep(Semaphore until, String what) throws InterruptedException, TimeoutException {
        if (!until.tryAcquire(20, TimeUnit.SECONDS)) {
            throw new TimeoutException("lost: " + what);
        }
        until.drainPermits();
    }

    /** Answers each chain with a length that depends on its content. */
    private Void device(long features) throws Exception {
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            slots[i] = TestMemory.chain(i, 4);
        }
        Virtqueue queue = Virtqueue.of(0, SIZE, features, start(features), memory, InFlight.NONE, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
        var scratch = TestMemory.pieces(1);
        for (int done = 0; done < CHAINS; ) {
            Chain chain = queue.take();
            if (chain == null) {
                publish(queue);
                if (!queue.enableKicks()) {
                    sleep(kicks, "a kick after " + done + " chains");
                    deviceSlept++;
                }
                queue.disableKicks();
                continue;
            }
            assertThat(chain.fault()).isNull();
            chain.consume(scratch, 8);
            queue.push(chain, scratch.get(SplitRing.LE64, 0) % 100);
            done++;
            if ((done & 1) == 0 || done == CHAINS) {
                publish(queue);
            }
        }
        return null;
    }

    private void publish(Virtqueue queue) {
        if (queue.hasUnpublished()) {
            queue.publish();
            if (queue.wantsInterrupt()) {
                interrupts.release();
            }
        }
    }

    private Void drive(VirtqueueDriver driver) throws Exception {
        var buffers = new ChainBuffers();
        long[] sent = new long[SIZE];
        long value = 0;
        for (int back = 0; back < CHAINS; ) {
            while (value < CHAINS && driver.freeDescriptors() >= 2) {
                int head = driver.add(buffers.clear()
                        .readable(BASE + 0x800 + 8 * (value % SIZE), 8)
                        .writable(BASE + 0x900, 100));
                sent[head] = value;
                memory.space.set(SplitRing.LE64, 0x800 + 8 * (value % SIZE), value);
                value++;
                driver.publish();
                if (driver.needsKick()) {
                    kicks.release();
                }
            }
            int head = driver.poll();
            if (head >= 0) {
                assertThat(driver.usedLength()).isEqualTo(sent[head] % 100);
                back++;
            } else {
                assertThat(head).as(driver.brokenBecause()).isEqualTo(VirtqueueDriver.NOTHING);
                if (!driver.enableInterrupts()) {
                    sleep(interrupts, "an interrupt after " + back + " chains");
                    driverSlept++;
                }
                driver.disableInterrupts();
            }
        }
        return null;
    }
}
