package io.vduse4j.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.VhostNode;
import io.vduse4j.testkit.VhostVdpaDriver;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A driver of good manners on a disk beside: it verifies requests all the time, and fails if one of them fails or takes
 * longer than {@link HostileRig#LIMIT}.
 */
final class Neighbour implements AutoCloseable {

    private static final int DEPTH = 4;
    private static final int SECTORS = 2000;
    private static final int MOST_SECTORS = 16;
    private static final int AT_ONCE = 20;

    private final VhostVdpaDriver driver;
    private final BlkWorkload workload;
    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final Future<Long> slowest;
    private volatile boolean over;

    Neighbour(VhostNode node, boolean packed, Duration pause) throws Exception {
        driver = VhostVdpaDriver.open(node, HostileRig.LIMIT);
        long features = VhostVdpaDriver.supported();
        driver.start(packed ? features : features & ~(1L << 34), 1, 64, 0, DEPTH);
        workload = new BlkWorkload(0, SECTORS, MOST_SECTORS, driver.features(), new Random(1));
        slowest = executor.submit(work(pause));
    }

    private Callable<Long> work(Duration pause) {
        return () -> {
            long longest = 0;
            while (!over) {
                long began = System.nanoTime();
                workload.run(driver.queue(0), AT_ONCE, DEPTH, driver.tables());
                longest = Math.max(longest, System.nanoTime() - began);
                Thread.sleep(pause);
            }
            return longest;
        };
    }

    /** Ends the work; fails if something of it was wrong. Says how much was done. */
    String finish() throws Exception {
        over = true;
        long longest = slowest.get(60, TimeUnit.SECONDS);
        assertThat(workload.done()).isGreaterThanOrEqualTo(AT_ONCE);
        return "%,d verified requests of a neighbour, the slowest %d of them in %.1f ms"
                .formatted(workload.done(), AT_ONCE, longest / 1e6);
    }

    @Override
    public void close() {
        over = true;
        executor.close();
        driver.close();
    }
}
