package io.vduse4j.dataplane;

/**
 * How long a worker that has run out of work looks on before it sleeps. Unless a time was asked for it is about what
 * sleeping and being woken costs, and only while that pays: a driver that looks by itself brings its next request sooner,
 * one that sleeps itself does not, and after some vain looks only every 64th sleep is preceded by one. The worker's own.
 */
final class IdleSpin {

    /** Two switches of threads and a wake-up of another processor; measured, 4 to 8 µs with mitigations on. */
    private static final long SLEEP_COST_NANOS = 4_000;

    /** Looks in vain, one after the other, before they are given up. */
    private static final int PATIENCE = 8;

    /** Sleeps from one try to the next when they were given up. */
    private static final int TRY_EVERY = 64;

    private final long asked;
    private int patience;
    private int sleeps;

    /**
     * Makes one.
     *
     * @param asked nanoseconds that the user has asked for; 0 for a choice by what pays
     */
    IdleSpin(long asked) {
        this.asked = asked;
    }

    /** Nanoseconds to look on this time, 0 for none. */
    long nanos() {
        if (asked > 0) {
            return asked;
        }
        if (patience == 0 && ++sleeps % TRY_EVERY != 0) {
            return 0;
        }
        return SLEEP_COST_NANOS;
    }

    /** Work came in time. */
    void paid() {
        patience = PATIENCE;
    }

    /** None came. */
    void wasVain() {
        patience = Math.max(0, patience - 1);
    }
}
