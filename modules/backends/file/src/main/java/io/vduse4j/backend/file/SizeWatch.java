package io.vduse4j.backend.file;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A daemon thread that looks at the size of one volume from time to time: nobody tells us when it changes. */
final class SizeWatch implements AutoCloseable {
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

    private final String volume;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /**
     * Starts watching.
     *
     * @param interval between two looks
     * @param look returns false when there is nothing to look for any more; throws nothing
     */
    SizeWatch(String volume, Duration interval, BooleanSupplier look) {
        this.volume = volume;
        this.thread = Thread.ofPlatform().daemon().name("size of " + volume).start(() -> run(interval, look));
    }

    private void run(Duration interval, BooleanSupplier look) {
        try {
            while (!closed.await(interval.toNanos(), TimeUnit.NANOSECONDS) && look.getAsBoolean()) {
                // Looked.
            }
        } catch (InterruptedException ended) {
            // The thread is our own and nobody needs it any more.
            return;
        }
    }

    /**
     * Ends the thread.
     *
     * @throws LinuxException ETIMEDOUT if it still waits for the file system after 10 seconds
     */
    @Override
    public void close() throws LinuxException {
        closed.countDown();
        boolean ended = false;
        try {
            ended = thread.join(CLOSE_DEADLINE);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            throw new LinuxException("close", volume, Errno.ETIMEDOUT, "the file system does not answer");
        }
    }
}
