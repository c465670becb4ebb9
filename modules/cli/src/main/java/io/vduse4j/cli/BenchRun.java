package io.vduse4j.cli;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.load.LoadQueue;
import io.vduse4j.testkit.load.LoadShape;
import io.vduse4j.testkit.load.LoadTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** One load on a disk: a thread for each queue, first to warm up, then to be measured. */
record BenchRun(LoadTarget target, LoadShape shape, boolean busy) {
    /** Answers that take longer are counted as this. */
    private static final long MOST_NANOS = Duration.ofSeconds(60).toNanos();

    private static final int DIGITS = 3;

    /**
     * Runs it.
     *
     * @throws DeviceFaultException if the disk breaks the rules, or is silent for too long
     */
    BenchResult run(Duration warmUp, Duration time) throws IOException, InterruptedException {
        var queues = target.queues().stream()
                .map(queue -> new LoadQueue(queue.ring(), queue.area(), queue.signals(), shape, target.bytes(), busy))
                .toList();
        load(queues, warmUp);
        long before = done(queues);
        long cpuBefore = target.serverNanos();
        long began = System.nanoTime();
        var times = load(queues, time);
        long nanos = System.nanoTime() - began;
        return new BenchResult(shape, busy, done(queues) - before, nanos, target.serverNanos() - cpuBefore, times);
    }

    private static long done(List<LoadQueue> queues) {
        return queues.stream().mapToLong(LoadQueue::done).sum();
    }

    /** Returns what the requests took. */
    private static Histogram load(List<LoadQueue> queues, Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        var all = new Histogram(MOST_NANOS, DIGITS);
        try (var threads = Executors.newFixedThreadPool(queues.size())) {
            var runs = new ArrayList<Future<Histogram>>();
            for (var queue : queues) {
                runs.add(threads.submit(load(queue, end)));
            }
            for (var run : runs) {
                all.add(run.get());
            }
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof DeviceFaultException fault) {
                throw fault;
            }
            throw new IllegalStateException(failure.getCause());
        }
        return all;
    }

    private static Callable<Histogram> load(LoadQueue queue, long end) {
        return () -> {
            var own = new Histogram(MOST_NANOS, DIGITS);
            queue.run(end, nanos -> own.recordValue(Math.min(nanos, MOST_NANOS)));
            return own;
        };
    }
}
