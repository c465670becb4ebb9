package io.vduse4j.nbd;

/**
 * How long a connection that has nothing to do looks on before it sleeps. A client that is busy sends its next request
 * soon, and need not wake anybody for it; one that is not is soon known, and then only every 64th sleep is preceded by a
 * look. One thread's own.
 */
final class Lookout {
    /** About what it costs both sides that one sleeps and is woken on another processor of a virtual machine. */
    private static final long NANOS = 20_000;

    /** Looks in vain, one after the other, before they are given up. */
    private static final int PATIENCE = 8;

    /** Sleeps from one try to the next when they were given up. */
    private static final int TRY_EVERY = 64;

    private int patience = PATIENCE;
    private int sleeps;

    /** Nanoseconds to look on this time, 0 for none. */
    long nanos() {
        return patience > 0 || ++sleeps % TRY_EVERY == 0 ? NANOS : 0;
    }

    /** Something came in time. */
    void paid() {
        patience = PATIENCE;
    }

    /** Nothing came. */
    void wasVain() {
        patience = Math.max(0, patience - 1);
    }
}
