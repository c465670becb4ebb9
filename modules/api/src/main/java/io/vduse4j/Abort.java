package io.vduse4j;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.dataplane.QueueCounters;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaDevice;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Ends a device that nobody serves, and whatever waits for it. */
final class Abort {

    private static final ServeOptions OPTIONS = new ServeOptions(true, false, true, true, (_, _) -> {});

    private static final Duration QUIET = Duration.ofMillis(300);
    private static final Duration LONGEST_END = Duration.ofSeconds(3);
    private static final Duration STEP = Duration.ofMillis(20);

    /** How long the bus may take to say what kind of device it is. */
    private static final Duration BUS = Duration.ofSeconds(1);

    private final VduseHost host;
    private final String name;
    private final SetUp setUp;
    private final Duration timeout;

    private Abort(VduseHost host, String name, SetUp setUp, Duration timeout) {
        this.host = host;
        this.name = name;
        this.setUp = setUp;
        this.timeout = timeout;
    }

    /** As {@link Disk#abort}. */
    static void run(VduseHost host, String name, Duration timeout) throws IOException {
        try (SetUp setUp = new SetUp(host, name)) {
            new Abort(host, name, setUp, timeout).run();
        }
    }

    private void run() throws IOException {
        VduseNode node = Orphan.open(host, name)
                .orElseThrow(() -> new LinuxException(
                        "abort",
                        name,
                        Errno.ENOENT,
                        "there is no VDUSE device of that name; \"vduse gc --dry-run\" lists all"));
        try (node) {
            if (host.isAttached(name)) {
                end(node);
            }
        }
        setUp.destroy();
        RuntimeDirectory.deleteLog(name);
    }

    private void end(VduseNode node) throws IOException {
        requireDisk();
        EndingDisk disk = new EndingDisk(Orphan.queues(node, name));
        VduseDevice device = new VduseDevice(node, name, disk.queues());
        try (LogFile log = LogFile.open(RuntimeDirectory.log(name), name, disk.queues(), BlkOptions.MAX_QUEUE_SIZE);
                WorkerPool pool = new WorkerPool(1, 0);
                // Without a log that can be right, what was taken is looked for behind the used index.
                VduseServer server = new VduseServer(
                        device, disk, pool, OPTIONS, Optional.of(log).filter(LogFile::saysRunning))) {
            awaitQuiet(server);
            detach();
        }
    }

    /** The bus does not answer while the driver waits for an answer of the dead server: then it is taken for a disk. */
    private void requireDisk() throws IOException {
        Optional<VdpaDevice> attached;
        try {
            attached = setUp.bus().device(name, BUS);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ETIMEDOUT) {
                throw e;
            }
            return;
        }
        if (attached.isPresent() && attached.get().deviceId() != VirtioBlk.DEVICE_ID) {
            throw new LinuxException(
                    "abort",
                    name,
                    Errno.EOPNOTSUPP,
                    "it is no block device, but of virtio type "
                            + attached.get().deviceId() + ": how its requests fail is not known here");
        }
    }

    /** Who waits hears of the errors before the device goes; one that tries again and again is not waited for. */
    private void awaitQuiet(VduseServer server) throws LinuxException {
        long end = System.nanoTime() + LONGEST_END.toNanos();
        long used = 0;
        long since = System.nanoTime();
        while (System.nanoTime() - since < QUIET.toNanos() && System.nanoTime() - end < 0) {
            try {
                Thread.sleep(STEP);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LinuxException("abort", name, Errno.EINTR);
            }
            long now = server.session().stream()
                    .flatMap(session -> session.queues().stream().map(session::counters))
                    .mapToLong(QueueCounters::used)
                    .sum();
            if (now != used) {
                used = now;
                since = System.nanoTime();
            }
        }
    }

    private void detach() throws IOException {
        try {
            setUp.detach(timeout);
        } catch (LinuxException late) {
            if (late.errno() != Errno.ETIMEDOUT) {
                throw late;
            }
            var node =
                    host.consumer(name).map(consumer -> consumer.node() + " is").orElse("it is");
            var explained = new LinuxException(
                    "abort",
                    name,
                    Errno.ETIMEDOUT,
                    "its requests have failed, but " + node
                            + " still open: end who uses it, then \"vduse gc\" removes what is left");
            explained.initCause(late);
            throw explained;
        }
    }
}
