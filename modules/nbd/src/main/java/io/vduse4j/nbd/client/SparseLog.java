package io.vduse4j.nbd.client;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Lines of one kind that a server can provoke any number of: one, then none for a while, and the next says how many were
 * left out (TM-03). Any thread.
 */
final class SparseLog {
    private final System.Logger log;
    private final System.Logger.Level level;
    private final long quietNanos;
    private final LongSupplier clock;

    // Guarded by this.
    private long lastLine;
    private long left;

    /**
     * Begins with nothing left out.
     *
     * @param quiet between two lines at least
     * @param clock nanoseconds of any origin
     */
    SparseLog(System.Logger log, System.Logger.Level level, Duration quiet, LongSupplier clock) {
        this.log = log;
        this.level = level;
        this.quietNanos = quiet.toNanos();
        this.clock = clock;
        this.lastLine = clock.getAsLong() - quietNanos;
    }

    /** Writes the line, or counts it. */
    void line(String text) {
        long before;
        synchronized (this) {
            long now = clock.getAsLong();
            if (now - lastLine < quietNanos) {
                left++;
                return;
            }
            lastLine = now;
            before = left;
            left = 0;
        }
        log.log(level, before == 0 ? text : text + " (" + before + " such lines before were left out)");
    }
}
