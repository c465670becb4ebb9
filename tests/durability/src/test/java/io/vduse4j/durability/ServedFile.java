package io.vduse4j.durability;

import io.vduse4j.block.Backend;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.load.LoadShape;
import io.vduse4j.testkit.load.LocalDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A backend behind queues, workers and the block device of ours, with a driver for each queue. */
final class ServedFile implements AutoCloseable {
    /** Longest request of the drivers, in bytes. */
    static final int MOST_BYTES = 64 << 10;

    private static final int DEPTH = 16;

    private final LocalDisk disk;
    private final List<BlkDriver> drivers = new ArrayList<>();

    /**
     * Serves.
     *
     * @param backend stays the caller's
     * @param queues each with a driver, served by one worker
     * @param declined features that the drivers do not accept
     */
    ServedFile(Backend backend, int queues, long declined) throws IOException {
        var shape = new LoadShape(0, true, MOST_BYTES, DEPTH, 1);
        disk = LocalDisk.serve(backend, new LocalDisk.Options(queues, 1, 0, false, declined), shape);
        for (var queue : disk.queues()) {
            drivers.add(new BlkDriver(
                    queue.ring(), queue.area(), MOST_BYTES + 512, queue.signals(), Duration.ofSeconds(20)));
        }
    }

    BlkDriver driver(int queue) {
        return drivers.get(queue);
    }

    /** Does one request on the first queue, and returns its status. */
    byte run(BlkCommand command) {
        return driver(0).run(command, Framing.CLASSIC).status();
    }

    @Override
    public void close() throws IOException {
        disk.close();
    }
}
