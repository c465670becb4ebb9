package io.vduse4j.dataplane;

import io.vduse4j.virtio.Fault;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Writes down what a driver does wrong without letting it flood the log: at most {@value #LINES_PER_SECOND} lines a second
 * for each kind of fault, and how many were left out (TM-03). Any thread; a fault is rare enough for a lock.
 */
final class FaultLog {

    private static final Logger LOG = System.getLogger(FaultLog.class.getName());
    private static final int LINES_PER_SECOND = 10;
    private static final long SECOND = 1_000_000_000L;

    private final String device;
    private final long[] windowStart = new long[Fault.values().length];
    private final int[] written = new int[Fault.values().length];
    private final long[] left = new long[Fault.values().length];

    /**
     * Begins with nothing written.
     *
     * @param device name of the device, for the lines
     */
    FaultLog(String device) {
        this.device = device;
    }

    /** Name of the device. */
    String device() {
        return device;
    }

    synchronized void log(int queue, Fault fault, long count) {
        int kind = fault.ordinal();
        long now = System.nanoTime();
        if (now - windowStart[kind] >= SECOND) {
            windowStart[kind] = now;
            written[kind] = 0;
        }
        if (written[kind] == LINES_PER_SECOND) {
            left[kind]++;
            return;
        }
        written[kind]++;
        String consequence = switch (fault.size()) {
            case REQUEST -> "the request fails";
            case CHAIN -> "the chain is given back empty";
            case RING -> "the queue stops";
        };
        LOG.log(
                Level.WARNING,
                "{0}: queue {1}: {2}; {3} (number {4}{5})",
                device,
                queue,
                fault.text(),
                consequence,
                Long.toString(count),
                left[kind] == 0 ? "" : ", " + left[kind] + " lines left out");
        left[kind] = 0;
    }
}
