package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Driver and device take turns in random order; each sleeps when it has nothing to do and wakes only when it is
 * notified. 400,000 chains in all. To repeat a failure, run the size and the features that its message names.
 */
class VirtqueueModelTest {

    private static final int CHAINS = 5_000;
    private static final long[] FEATURES = {
        0,
        VirtioFeatures.RING_EVENT_IDX,
        VirtioFeatures.RING_INDIRECT_DESC,
        VirtioFeatures.RING_EVENT_IDX | VirtioFeatures.RING_INDIRECT_DESC
    };

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})
    @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Spec({"VS-02", "VS-07", "VS-11", "VS-13", "VS-14", "VS-17", "BUG-09", "CR-01"})
    void everySplitChainComesBackOnceWithTheRightAnswer(int size) {
        everyChainComesBack(size, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 16, 100, 255, 256, 1000})
    @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Spec({"VP-01", "VP-02", "VP-03", "VP-05", "VP-08", "VP-11", "VP-12", "VP-14", "BUG-09", "CR-01"})
    void everyPackedListComesBackOnceWithTheRightAnswer(int size) {
        everyChainComesBack(size, VirtioFeatures.RING_PACKED);
    }

    private static void everyChainComesBack(int size, long format) {
        for (long features : FEATURES) {
            long seed = 31L * size + features;
            try {
                run(size, features | format, seed);
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("size " + size + ", features " + features + ", seed " + seed, failure);
            }
        }
    }

    /** Anywhere, and late enough in the lap of a split queue's indices that they pass 65535. */
    private static VirtqueueState start(boolean packed, int size, Random random) {
        if (!packed) {
            return VirtqueueState.split(65536 - random.nextInt(CHAINS) - 1);
        }
        int position = random.nextInt(size) | (random.nextBoolean() ? VirtqueueState.WRAP : 0);
        return new VirtqueueState(position, position);
    }

    private static void run(int size, long features, long seed) {
        var random = new Random(seed);
        boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
        VirtqueueState start = start(packed, size, random);
        var memory = new EchoMemory(packed, size, random);
        var driver = new EchoDriver(memory, features, start, random);
        var device = new EchoDevice(memory, features, start, random);
        boolean driverAwake = true;
        boolean deviceAwake = true;
        for (int step = 0; driver.back() < CHAINS; step++) {
            boolean deviceCan = deviceAwake || device.inFlight() > 0;
            assertThat(driverAwake || deviceCan)
                    .as("a notification was lost after %d chains", driver.back())
                    .isTrue();
            if (driverAwake && (!deviceCan || random.nextBoolean())) {
                deviceAwake |= fillUp(driver, random);
                driverAwake = drain(driver, random);
            } else if (deviceCan) {
                byte[] rings = copy(memory.driversRings());
                byte[] tables = step % 64 == 0 ? copy(memory.tables()) : new byte[0];
                driverAwake |= work(device, deviceAwake, random);
                deviceAwake = deviceAwake && (random.nextBoolean() || !sleeps(device));
                assertThat(same(memory.driversRings(), rings)).isTrue();
                assertThat(step % 64 != 0 || same(memory.tables(), tables)).isTrue();
            }
            nothingIsLost(driver, device);
        }
        finish(driver, device);
        assertThat(driver.ring().freeDescriptors()).isEqualTo(size);
        assertThat(memory.isClean()).isTrue();
    }

    /** Each chain is in exactly one place: not fetched, in flight, or given back (CR-01). */
    private static void nothingIsLost(EchoDriver driver, EchoDevice device) {
        int notFetched = driver.added() - device.fetched();
        int notPolled = device.pushed() - driver.back();
        assertThat(driver.ring().outstanding()).isEqualTo(notFetched + device.inFlight() + notPolled);
    }

    private static void finish(EchoDriver driver, EchoDevice device) {
        while (driver.ring().outstanding() > 0) {
            device.take(Integer.MAX_VALUE);
            device.answer(Integer.MAX_VALUE);
            assertThat(driver.poll()).isTrue();
        }
        assertThat(device.fetched()).isEqualTo(driver.added());
        assertThat(device.pushed()).isEqualTo(driver.added());
    }

    private static byte[] copy(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static boolean same(MemorySegment segment, byte[] before) {
        return segment.mismatch(MemorySegment.ofArray(before)) == -1;
    }

    private static boolean fillUp(EchoDriver driver, Random random) {
        for (int i = random.nextInt(9); i > 0 && driver.add(); i--) {
            if (random.nextInt(8) == 0) {
                driver.ring().publish();
            }
        }
        driver.ring().publish();
        return driver.ring().needsKick();
    }

    /** Polls; false if the driver goes to sleep. */
    private static boolean drain(EchoDriver driver, Random random) {
        VirtqueueDriver ring = driver.ring();
        if (random.nextInt(4) == 0) {
            ring.disableInterrupts();
            return true;
        }
        for (int i = random.nextInt(20); i > 0; i--) {
            driver.poll();
        }
        if (ring.outstanding() == 0 || random.nextInt(3) != 0) {
            return true;
        }
        return random.nextBoolean()
                ? ring.enableInterrupts()
                : ring.enableInterruptsAfter(1 + random.nextInt(ring.outstanding()));
    }

    private static boolean work(EchoDevice device, boolean awake, Random random) {
        if (awake) {
            if (random.nextInt(4) == 0) {
                device.ring().disableKicks();
            }
            device.take(random.nextInt(12));
        }
        return device.answer(random.nextInt(12));
    }

    private static boolean sleeps(EchoDevice device) {
        return !device.ring().enableKicks();
    }
}
