package io.vduse4j.embedded.virtio;

import io.vduse4j.linux.LinuxException;
import java.util.concurrent.CompletableFuture;

/**
 * What a user has asked for: one or more requests to the device. Done when all of them are, with the first problem. Any
 * thread.
 */
final class BlkOperation {

    private final CompletableFuture<Void> future = new CompletableFuture<>();

    /** Requests that are not done, and one for the submitter as long as more may come. */
    private int open = 1;

    private LinuxException problem;
    private boolean abandoned;

    /** What the user waits for. */
    CompletableFuture<Void> future() {
        return future;
    }

    /** Another request is about to be submitted. */
    synchronized void begin() {
        open++;
    }

    /** A request, or the submitter, is done; {@code null} if nothing went wrong. Completes the future with the last. */
    void end(LinuxException wrong) {
        LinuxException result;
        synchronized (this) {
            if (problem == null) {
                problem = wrong;
            }
            if (--open > 0) {
                return;
            }
            result = problem;
        }
        if (result == null) {
            future.complete(null);
        } else {
            future.completeExceptionally(result);
        }
    }

    /** Whether something has gone wrong already: then nothing more is submitted. */
    synchronized boolean hasFailed() {
        return problem != null;
    }

    /** The user's memory must not be touched any more: true from now on, also for who is just copying. */
    synchronized void abandon() {
        abandoned = true;
    }

    /** Runs a copy into the user's memory, unless it was given up. @return whether it was run */
    synchronized boolean copyOut(Runnable copy) {
        if (!abandoned) {
            copy.run();
        }
        return !abandoned;
    }
}
