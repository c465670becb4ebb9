package io.vduse4j.durability;

import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.crash.BlockHistory;
import io.vduse4j.testkit.crash.BlockHistory.Promise;
import io.vduse4j.testkit.crash.CrashImages;
import io.vduse4j.testkit.crash.HistoryWorkload;
import io.vduse4j.testkit.crash.Violation;
import io.vduse4j.testkit.faulty.FaultyFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/** A load on a disk over a file that is recorded, and afterwards all the crashes that it might have had. */
final class PowerLoss {
    private static final int BLOCKS = 24;
    private static final int MOST_BLOCKS = 3;
    private static final int DEPTH = 6;
    private static final Duration JITTER = Duration.ofMillis(1);

    private final FaultyFile file;
    private final int blockBytes;
    private final SplittableRandom random;
    private final BlockHistory history;
    private final int earlier;
    private final List<Violation> violations = new ArrayList<>();
    private int images;
    private int moments;

    /**
     * Begins: the file must be zeroes where it is used, so each load has a part of its own.
     *
     * @param blockBytes of the disk
     */
    PowerLoss(FaultyFile file, int blockBytes, long seed) throws IOException {
        this.file = file;
        this.blockBytes = blockBytes;
        this.random = new SplittableRandom(seed + file.trace().size());
        this.history = new BlockHistory(random.nextLong(), blockBytes, 0, BLOCKS);
        this.earlier = file.trace().size();
        file.jitter(JITTER, random.nextLong());
    }

    /** Runs so many requests on both queues of the disk, several at once. */
    void run(ServedFile disk, int requests, boolean flushes) {
        var workload = new HistoryWorkload(history, MOST_BLOCKS, flushes, random.split());
        int submitted = 0;
        while (submitted < requests) {
            var driver = disk.driver(random.nextInt(2));
            if (driver.inFlight() < DEPTH) {
                submit(driver, workload);
                submitted++;
            } else {
                workload.ended(driver.await());
            }
        }
        for (int queue = 0; queue < 2; queue++) {
            while (disk.driver(queue).inFlight() > 0) {
                workload.ended(disk.driver(queue).await());
            }
        }
    }

    private static void submit(BlkDriver driver, HistoryWorkload workload) {
        BlkCommand command = workload.next();
        if (!driver.submit(command, Framing.CLASSIC)) {
            throw new IllegalStateException("no room for " + command);
        }
    }

    /**
     * Lets the power go at moments of the load, until so many images have been looked at or there are no more.
     *
     * @param unit what the storage writes in one piece, in bytes
     */
    void crash(int most, Promise promise, int unit) throws IOException {
        var trace = file.trace();
        var crashes = new CrashImages(trace.subList(earlier, trace.size()), BLOCKS * blockBytes, unit);
        var times = new TreeSet<>(crashes.times());
        times.addAll(history.answers());
        var left = new ArrayList<>(times);
        int each = most == Integer.MAX_VALUE ? most : Math.max(8, 2 * most / Math.max(1, left.size()));
        while (!left.isEmpty() && images < most && violations.isEmpty()) {
            long at = left.remove(random.nextInt(left.size())) + 1;
            moments++;
            var count = new AtomicInteger();
            images += crashes.forEach(at, random, each, image -> {
                violations.addAll(history.check(image, at, promise));
                return violations.isEmpty() && count.incrementAndGet() < each;
            });
        }
    }

    List<Violation> violations() {
        return violations;
    }

    int images() {
        return images;
    }

    @Override
    public String toString() {
        return images + " images of " + moments + " moments, " + violations.size() + " violations";
    }
}
