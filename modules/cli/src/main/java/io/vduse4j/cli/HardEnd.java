package io.vduse4j.cli;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends the process without asking anybody: when stopping takes too long, or when the user asks a second time. No shutdown
 * hook runs and no thread is waited for (J-13).
 */
final class HardEnd implements AutoCloseable {
    /** Together with the last line and a slow machine, less than the 10 s that a stop may take. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(9);

    private static final Duration LAST_LINE = Duration.ofMillis(300);

    private final Console console;
    private final String left;
    private final AtomicBoolean started = new AtomicBoolean();
    private final Thread watchdog =
            Thread.ofPlatform().daemon().name("vduse-deadline").unstarted(this::waitAndEnd);

    /**
     * Prepares.
     *
     * @param left what an end at once may leave behind, and what to do about it
     */
    HardEnd(Console console, String left) {
        this.console = console;
        this.left = left;
    }

    /** Lets the time run that stopping may take. Further calls do nothing. */
    void startDeadline() {
        if (started.compareAndSet(false, true)) {
            watchdog.start();
        }
    }

    /** Ends the process now. */
    void now(String why, int exitCode) {
        console.say(why + ": " + left);
        console.drain(LAST_LINE);
        Runtime.getRuntime().halt(exitCode);
    }

    private void waitAndEnd() {
        try {
            Thread.sleep(LONGEST_STOP);
        } catch (InterruptedException stoppedInTime) {
            return;
        }
        now("stopping took longer than " + LONGEST_STOP.toMillis() + " ms and was given up", ExitCode.TIMEOUT);
    }

    /** Stopping was in time. */
    @Override
    public void close() {
        watchdog.interrupt();
    }
}
