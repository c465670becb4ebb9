package io.vduse4j.vduse.host.remote;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A request that waits for its answer; the first end counts, a later answer is discarded. */
final class PendingCall {
    private final CompletableFuture<Frame> answer = new CompletableFuture<>();

    /** Ends it. Any thread; false if it has ended before. */
    boolean complete(Frame frame) {
        if (answer.complete(frame)) {
            return true;
        }
        frame.discard();
        return false;
    }

    /**
     * Waits for the end; an interruption does not end it, as it ends no ioctl, and stays for the caller to see.
     *
     * @param timeoutNanos longest wait
     * @return empty if the time is over: a later answer is then discarded
     */
    Optional<Frame> await(long timeoutNanos) {
        long began = System.nanoTime();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    long left = Math.max(0, timeoutNanos - (System.nanoTime() - began));
                    return Optional.of(answer.get(left, TimeUnit.NANOSECONDS));
                } catch (InterruptedException again) {
                    interrupted = true;
                } catch (TimeoutException late) {
                    if (answer.cancel(false)) {
                        return Optional.empty();
                    }
                } catch (ExecutionException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
