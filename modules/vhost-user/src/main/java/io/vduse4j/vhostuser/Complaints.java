package io.vduse4j.vhostuser;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Writes down what a front end does wrong without letting it flood the log: at most {@value #LINES_PER_SECOND} lines a
 * second, and how many were left out (TM-03). It outlives connections. Belongs to the control thread.
 */
final class Complaints {

    private static final Logger LOG = System.getLogger(Complaints.class.getName());
    private static final int LINES_PER_SECOND = 10;
    private static final long SECOND = 1_000_000_000L;

    private final String device;
    private long windowStart = System.nanoTime();
    private int written;
    private long left;

    Complaints(String device) {
        this.device = device;
    }

    void write(String what) {
        long now = System.nanoTime();
        if (now - windowStart >= SECOND) {
            windowStart = now;
            written = 0;
        }
        if (written == LINES_PER_SECOND) {
            left++;
            return;
        }
        written++;
        LOG.log(Level.WARNING, device + ": " + what + (left == 0 ? "" : " (" + left + " lines left out)"));
        left = 0;
    }
}
