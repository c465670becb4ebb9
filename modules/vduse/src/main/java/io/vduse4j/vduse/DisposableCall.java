package io.vduse4j.vduse;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls that the kernel may hold, uninterruptibly, for as long as a driver's probe or removal takes (kernel-behaviour
 * 6.4). Each runs on a daemon thread of its own: when time is over the caller goes on and the thread is left behind, to
 * end with its system call; it does not keep the JVM alive.
 */
final class DisposableCall {
    private DisposableCall() {}

    /**
     * Runs a call and waits for it.
     *
     * @param name name of the thread
     * @param timeout longest wait
     * @throws TimeoutException when the call is still running; it may yet succeed
     * @throws IOException what the call threw
     */
    static <T> T within(String name, Duration timeout, Callable<T> call) throws IOException, TimeoutException {
        var task = new FutureTask<>(call);
        Thread.ofPlatform().daemon().name(name).start(task);
        try {
            return task.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException failure) {
            throw rethrown(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException(name + ": interrupted while waiting for the kernel");
            failure.initCause(interrupted);
            throw failure;
        }
    }

    private static IOException rethrown(Throwable cause) {
        return switch (cause) {
            case IOException failure -> failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            default -> new IOException(cause);
        };
    }
}
