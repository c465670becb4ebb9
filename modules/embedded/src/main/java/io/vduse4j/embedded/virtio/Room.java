package io.vduse4j.embedded.virtio;

/**
 * Tells those who found no room that something was given back. Any thread.
 *
 * <p>Take {@link #seen} before looking for room, and wait for a change of it: what is given back in between is not missed.
 */
final class Room {

    private long given;
    private int waiting;

    /** A mark to wait from. */
    synchronized long seen() {
        return given;
    }

    /** Something was given back. */
    synchronized void changed() {
        given++;
        if (waiting > 0) {
            notifyAll();
        }
    }

    /**
     * Waits until something was given back since the mark.
     *
     * @param deadline in {@link System#nanoTime}
     * @return false if it was not
     */
    synchronized boolean await(long mark, long deadline) throws InterruptedException {
        waiting++;
        try {
            while (given == mark) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                // Rounded up: 0 would wait for ever.
                wait(left / 1_000_000 + 1);
            }
            return true;
        } finally {
            waiting--;
        }
    }
}
