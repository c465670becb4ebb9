package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.virtio.VirtioFeatures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A virtual machine monitor with verified load on two queues, whose back end is a process that may die: rings, memory and
 * the log of what is in flight stay here.
 */
final class MonitorLoad implements AutoCloseable {

    private static final int QUEUES = 2;
    private static final int SIZE = 64;
    private static final int DEPTH = 32;
    private static final int WINDOW = 16_384;
    private static final int MOST_SECTORS = 64;
    private static final int START = 0xfff0;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final Path socket;
    private final VhostUserFrontEnd monitor;
    private final ExecutorService drivers = Executors.newFixedThreadPool(QUEUES);
    private final AtomicBoolean enough = new AtomicBoolean();
    private final List<BlkWorkload> works = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();
    private VduseProcess backEnd;

    MonitorLoad(Path folder, boolean packed, long seed) throws Exception {
        this.folder = folder;
        socket = folder.resolve("disk.sock");
        backEnd = start();
        backEnd.awaitDevice();
        monitor = VhostUserFrontEnd.connect(socket, PATIENCE);
        long format = packed ? 0 : VirtioFeatures.RING_PACKED;
        monitor.negotiate(VhostUserFrontEnd.supported() & ~format, VhostUserFeatures.OFFERED);
        monitor.start(QUEUES, SIZE, START, DEPTH);
        for (int i = 0; i < QUEUES; i++) {
            int queue = i;
            BlkWorkload work =
                    new BlkWorkload((long) i * WINDOW, WINDOW, MOST_SECTORS, monitor.features(), new Random(seed + i));
            works.add(work);
            running.add(drivers.submit(() -> {
                while (!enough.get()) {
                    work.run(monitor.queue(queue), 500, DEPTH, monitor.tables());
                }
            }));
        }
    }

    private VduseProcess start(String... jvm) throws Exception {
        return VduseProcess.start(
                folder,
                List.of(jvm),
                "run",
                "file:" + folder.resolve("disk.img"),
                "--size",
                "64M",
                "--name",
                "storm",
                "--queues",
                "" + QUEUES,
                "--via",
                "vhost-user-blk",
                "--socket",
                socket.toString(),
                "--packed");
    }

    /** Kills the back end and has the next one serve. */
    void kill() throws Exception {
        backEnd.kill();
        serve();
    }

    private void serve() throws Exception {
        backEnd = start();
        backEnd.awaitDevice();
        monitor.reconnect(socket);
    }

    /**
     * Kills the back end and has one serve that dies by itself, then another that does not.
     *
     * @param failpoint where, and at which time it is reached
     * @return whether it has died by itself
     */
    boolean diesAt(String failpoint) throws Exception {
        awaitProgress(); // or a request would be there at so many deaths that it is taken for their cause (CR-13)
        backEnd.kill();
        backEnd = start("-Dvduse4j.failpoint=" + failpoint);
        backEnd.awaitDevice();
        try {
            monitor.reconnect(socket);
        } catch (LinuxException | DeviceFaultException diesNow) {
            // in the middle of what it was told
        }
        boolean died = backEnd.awaitEnd(Duration.ofSeconds(8));
        backEnd.kill();
        serve();
        return died;
    }

    private void awaitProgress() throws Exception {
        List<Long> goals = works.stream().map(work -> work.done() + 2 * DEPTH).toList();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (int i = 0; i < QUEUES; i++) {
            while (works.get(i).done() < goals.get(i)) {
                if (running.get(i).isDone()) {
                    running.get(i).get(); // fails with what the driver has met
                }
                assertThat(System.nanoTime() - deadline)
                        .as("queue %d goes on; the back end: %s", i, backEnd.said())
                        .isNegative();
                Thread.sleep(5);
            }
        }
    }

    /** Ends the load, and the back end in order; returns how many requests were verified. */
    long finish() throws Exception {
        enough.set(true);
        for (Future<?> one : running) {
            one.get(2, TimeUnit.MINUTES);
        }
        assertThat(backEnd.stop()).as(backEnd.said()).isZero();
        assertThat(backEnd.said()).doesNotContain("ERROR").doesNotContain("Exception");
        return works.stream().mapToLong(BlkWorkload::done).sum();
    }

    /** The memory goes only when no driver looks at it any more. */
    @Override
    public void close() {
        enough.set(true);
        drivers.shutdown();
        boolean ended = awaitDrivers();
        backEnd.close();
        if (ended) {
            monitor.close();
        }
    }

    private boolean awaitDrivers() {
        try {
            return drivers.awaitTermination(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
