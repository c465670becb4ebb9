package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkWorkload;
import java.util.Random;

/** A thread that keeps one queue busy until it is ended. */
final class Load {
    private final Thread thread;
    private final BlkWorkload workload;
    private volatile boolean ended;
    private volatile Throwable failure;

    Load(VhostUserFrontEnd frontEnd, int queue) {
        workload = new BlkWorkload(queue * 4096L, 1024, 16, frontEnd.features(), new Random(queue));
        thread = Thread.ofPlatform().name("load").start(() -> {
            try {
                while (!ended) {
                    workload.run(frontEnd.queue(queue), 20, 4, frontEnd.tables());
                }
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        });
    }

    /** Ends it; returns how many requests were verified. */
    long end() throws InterruptedException {
        ended = true;
        thread.join(60_000);
        assertThat(thread.isAlive()).isFalse();
        if (failure != null) {
            throw new AssertionError(failure);
        }
        return workload.done();
    }
}
