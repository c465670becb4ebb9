package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.virtio.VirtioFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What sessions leave behind: nothing. What a request costs: no garbage. */
class ResourceTest {

    private static final int SESSIONS = 200;
    private static final int WARM_UP = 200_000;
    private static final int MEASURED = 100_000;

    @Test
    @Spec("BUG-08")
    void sessionsComeAndGoWithoutATrace() throws Exception {
        try (WorkerPool pool = Rig.pool()) {
            try (Rig first = new Rig(EchoDevice.direct(2), 0, pool).start()) {
                first.echo(0, 0);
            }
            long descriptors = Usage.descriptors();
            long threads = Usage.threads("");
            long mappings = Usage.mappings("driver");
            for (int i = 0; i < SESSIONS; i++) {
                try (Rig rig = new Rig(EchoDevice.direct(2), 0, pool).start()) {
                    rig.echo(i % 2, i);
                }
            }
            assertThat(Usage.descriptors()).isEqualTo(descriptors);
            assertThat(Usage.threads("")).isEqualTo(threads);
            assertThat(Usage.mappings("driver")).isEqualTo(mappings);
        }
    }

    /** The driver's side has a duplicate of the kick, and the epoll would keep what only its descriptor has left. */
    @Test
    void aWorkerForgetsTheKicksOfASessionThatHasEnded() throws Exception {
        try (WorkerPool pool = Rig.pool()) {
            long before = watched();
            Rig rig = new Rig(EchoDevice.direct(2), 0, pool).start();
            try (Fd first = rig.kicks.get(0).fd().duplicate();
                    Fd second = rig.kicks.get(1).fd().duplicate()) {
                assertThat(watched()).isEqualTo(before + 2);
                rig.close();
                assertThat(watched()).isEqualTo(before);
                assertThat(first.isOpen() && second.isOpen()).isTrue();
            }
        }
    }

    /** Descriptors in all epolls of the process. */
    private static long watched() throws IOException {
        long count = 0;
        try (Stream<Path> infos = Files.list(Path.of("/proc/self/fdinfo"))) {
            for (Path info : infos.toList()) {
                count += watchedBy(info);
            }
        }
        return count;
    }

    private static long watchedBy(Path info) {
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(line -> line.startsWith("tfd:")).count();
        } catch (IOException gone) {
            return 0; // the descriptor by which the directory itself was listed
        }
    }

    /** A worker that sleeps between requests, and one that is kept busy. */
    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeatures.RING_EVENT_IDX})
    void aRequestAllocatesNothing(long features) throws Exception {
        try (Rig rig = new Rig(EchoDevice.direct(1), features).start()) {
            Thread worker = Usage.thread("vduse-worker-0");
            stream(rig, WARM_UP, 16);
            stream(rig, WARM_UP / 10, 1);
            long before = Usage.allocatedBytes(worker);
            stream(rig, MEASURED, 16);
            long busy = Usage.allocatedBytes(worker) - before;
            assertThat(busy).as("bytes of %d requests in batches", MEASURED).isLessThan(MEASURED / 10);
            before = Usage.allocatedBytes(worker);
            stream(rig, MEASURED / 10, 1);
            long sleeping = Usage.allocatedBytes(worker) - before;
            assertThat(sleeping)
                    .as("bytes of %d requests one by one", MEASURED / 10)
                    .isLessThan(MEASURED / 10);
        }
    }

    @Test
    void aCompletionFromAnotherThreadAllocatesNothing() throws Exception {
        Line line = new Line();
        Thread other = Thread.ofPlatform().daemon().start(line::work);
        try (Rig rig = new Rig(EchoDevice.over(1, line), 0).start()) {
            Thread worker = Usage.thread("vduse-worker-0");
            stream(rig, WARM_UP, 16);
            long before = Usage.allocatedBytes(worker);
            stream(rig, MEASURED, 16);
            assertThat(Usage.allocatedBytes(worker) - before)
                    .as("bytes of %d requests", MEASURED)
                    .isLessThan(MEASURED / 10);
        } finally {
            other.interrupt();
        }
    }

    /** One worker, which counts plainly, and two, which count together. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aWriteThatNobodyIsInTheWayOfAllocatesNothing(int workers) throws Exception {
        EchoDevice device = EchoDevice.over(1, EchoDevice.Job::finish).writing();
        try (WorkerPool pool = new WorkerPool(workers, 0);
                Rig rig = new Rig(device, 0, pool).start()) {
            Thread worker = Usage.thread("vduse-worker-0");
            stream(rig, WARM_UP, 16);
            long before = Usage.allocatedBytes(worker);
            stream(rig, MEASURED, 16);
            assertThat(Usage.allocatedBytes(worker) - before)
                    .as("bytes of %d writes", MEASURED)
                    .isLessThan(MEASURED / 10);
        }
    }

    /** Hands requests from the worker to another thread, without allocating. */
    private static final class Line implements EchoDevice.Outside {
        private final EchoDevice.Job[] jobs = new EchoDevice.Job[Rig.SIZE];
        private volatile long put;
        private long taken;

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
        public void begin(EchoDevice.Job job) {
            jobs[(int) (put % jobs.length)] = job;
            put++;
        }

        void work() {
            while (!Thread.currentThread().isInterrupted()) {
                while (taken < put) {
                    jobs[(int) (taken++ % jobs.length)].finish();
                }
                LockSupport.parkNanos(20_000);
            }
        }
    }

    private static void stream(Rig rig, int count, int batch) {
        EchoDriver driver = rig.driver();
        EventFd kick = rig.kick();
        for (int done = 0; done < count; done += batch) {
            for (int i = 0; i < batch; i++) {
                driver.add(EchoDevice.write(done, 8 * i, 8));
            }
            driver.publish(kick);
            int left = batch;
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (left > 0) {
                if (driver.receive() != EchoDriver.NOTHING) {
                    left--;
                } else if (System.nanoTime() > deadline) {
                    throw new AssertionError("a chain is lost");
                } else {
                    LockSupport.parkNanos(1);
                }
            }
        }
        Eventually.until("used", () -> rig.counters().used() == rig.counters().fetched());
    }
}
