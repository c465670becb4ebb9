package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkWorkload;
import java.util.Random;

/** A thread that keeps one queue busy until it is ended. */
final class Load implements AutoCloseable {
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

    /** Ends it, before the memory goes that it uses: a test that has failed must not take the process with it. */
    @Override
    public void close() {
        ended = true;
        try {
            thread.join(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it; returns how many requests were verified. */
    long end() {
        close();
        assertThat(thread.isAlive()).isFalse();
        if (failure != null) {
            throw new AssertionError(failure);
        }
        return workload.done();
    }
}
