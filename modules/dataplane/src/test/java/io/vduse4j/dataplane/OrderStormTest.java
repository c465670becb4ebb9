package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.virtio.VirtioFeatures;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Writes in a storm, small and big, on four queues: none starts while the driver waits for one that it overlaps. */
@Spec({"CR-04", "R-20"})
class OrderStormTest {

    private static final int QUEUES = 4;
    private static final int WRITES = 30_000;
    private static final int BLOCKS = 2048;
    private static final int BIG = BLOCKS;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final long seed = Long.getLong("seed", System.nanoTime());

    /** What has started and was not received yet. */
    private final List<Long> underWay = new ArrayList<>();

    private final List<EchoDriver> drivers = new ArrayList<>();
    private final LinkedBlockingQueue<EchoDevice.Job> jobs = new LinkedBlockingQueue<>();
    private final AtomicReference<String> wrong = new AtomicReference<>();
    private int received;
    private int sent;

    private static boolean overlap(long one, long other) {
        long first = one >> 16 & 0xffff;
        long otherFirst = other >> 16 & 0xffff;
        return first < otherFirst + (other & 0xffff) && otherFirst < first + (one & 0xffff);
    }

    /** A write starts: whatever ended before it must be there for the driver. */
    private synchronized void begins(long value) {
        receive();
        for (long other : underWay) {
            if (overlap(value, other)) {
                wrong.compareAndSet(null, Long.toHexString(value) + " starts during " + Long.toHexString(other));
            }
        }
        underWay.add(value);
    }

    private synchronized void receive() {
        for (EchoDriver driver : drivers) {
            for (long value = driver.receive(); value != EchoDriver.NOTHING; value = driver.receive()) {
                underWay.remove((Long) value);
                received++;
            }
        }
    }

    private synchronized void send(Rig rig, Random random) {
        int queue = random.nextInt(QUEUES);
        boolean big = random.nextInt(40) == 0;
        int blocks = big ? BIG : 1 + random.nextInt(40);
        int first = random.nextInt(BLOCKS);
        if (drivers.get(queue).send(EchoDevice.write(sent, first, blocks), rig.kicks.get(queue))) {
            sent++;
        }
    }

    /** Some end at once, others on another thread and later. */
    private final class Storage implements EchoDevice.Outside {
        @Override
        public void begin(EchoDevice.Job job) {
            throw new IllegalStateException("the number is wanted");
        }

        @Override
        public void begin(EchoDevice.Job job, long value) {
            begins(value);
            if ((value >>> 32) % 3 == 0) {
                job.finish();
            } else {
                jobs.add(job);
            }
        }
    }

    private void finishLate() {
        Random random = new Random(seed + 1);
        List<EchoDevice.Job> taken = new ArrayList<>();
        try {
            while (true) {
                EchoDevice.Job job = jobs.poll(1, TimeUnit.MILLISECONDS);
                if (job != null) {
                    taken.add(job);
                    jobs.drainTo(taken, random.nextInt(16));
                }
                while (!taken.isEmpty() && (job == null || random.nextInt(4) != 0)) {
                    taken.remove(random.nextInt(taken.size())).finish();
                }
            }
        } catch (InterruptedException ended) {
            taken.clear();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "3, true"})
    void noneStartsWhileTheDriverWaitsForOneThatItOverlaps(int workers, boolean packed) throws Exception {
        Thread late = Thread.ofPlatform().daemon().start(this::finishLate);
        EchoDevice device = EchoDevice.over(QUEUES, new Storage()).writing();
        long features = packed ? VirtioFeatures.RING_PACKED : 0;
        try (WorkerPool pool = new WorkerPool(workers, 0);
                Rig rig = new Rig(device, features, pool)) {
            drivers.addAll(rig.drivers);
            rig.start();
            Random random = new Random(seed);
            long start = System.nanoTime();
            while (received < WRITES && wrong.get() == null) {
                if (sent < WRITES) {
                    send(rig, random);
                } else {
                    LockSupport.parkNanos(20_000);
                }
                receive();
                assertThat(System.nanoTime() - start)
                        .as(
                                "seed %d: %d of %d end, %d wait",
                                seed, received, sent, rig.session.order().waiting())
                        .isLessThan(LIMIT_NANOS);
            }
            assertThat(wrong.get()).as("seed %d", seed).isNull();
            rig.stop();
            assertThat(rig.session.order().isIdle()).as("seed %d", seed).isTrue();
        } finally {
            late.interrupt();
        }
    }

    @Test
    void whatOverlapsIsKnownToTheTest() {
        assertThat(overlap(EchoDevice.write(1, 0, 8), EchoDevice.write(2, 7, 1)))
                .isTrue();
        assertThat(overlap(EchoDevice.write(1, 0, 8), EchoDevice.write(2, 8, 1)))
                .isFalse();
    }
}
