package io.vduse4j.cli;

import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * Decides what a signal means. The first asks for an orderly end, a later one for an end at once. A few come twice by
 * themselves: {@code timeout} and service managers signal the process and its group, a closing terminal sends SIGHUP from
 * the kernel and from the shell; what follows the first within {@value #ECHO_NANOS} ns is that echo, not impatience.
 */
final class StopRequests implements IntConsumer {
    static final long ECHO_NANOS = 500_000_000;

    private final LongSupplier clock;
    private final IntConsumer first;
    private final Runnable again;
    private boolean asked;
    private long askedAt;

    /**
     * Decides by a clock.
     *
     * @param clock nanoseconds, as of {@link System#nanoTime}
     * @param first gets the number of the first signal
     * @param again runs for each later one
     */
    StopRequests(LongSupplier clock, IntConsumer first, Runnable again) {
        this.clock = clock;
        this.first = first;
        this.again = again;
    }

    @Override
    public synchronized void accept(int signal) {
        if (!asked) {
            asked = true;
            askedAt = clock.getAsLong();
            first.accept(signal);
        } else if (clock.getAsLong() - askedAt > ECHO_NANOS) {
            again.run();
        }
    }
}
