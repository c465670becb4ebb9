package io.vduse4j.block;

import java.nio.charset.StandardCharsets;

/**
 * How a disk shows itself to its driver.
 *
 * @param name name for log lines and threads
 * @param queues number of queues, 1 to {@value #MAX_QUEUES} (TM-03)
 * @param queueSize entries of each queue: a power of two, {@value #MIN_QUEUE_SIZE} to {@value #MAX_QUEUE_SIZE} (TM-03)
 * @param serial serial number, at most 20 bytes of UTF-8 (VB-16)
 */
public record BlkOptions(String name, int queues, int queueSize, String serial) {

    /** Most queues of a disk. */
    public static final int MAX_QUEUES = 16;

    /** Fewest entries: a request of one segment needs three. */
    public static final int MIN_QUEUE_SIZE = 4;

    /** Most entries. */
    public static final int MAX_QUEUE_SIZE = 1024;

    /** Entries of a queue when nothing is said. */
    public static final int DEFAULT_QUEUE_SIZE = 256;

    private static final int MAX_SERIAL = 20;

    /** Checks the ranges. */
    public BlkOptions {
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new IllegalArgumentException("number of queues must be 1 to " + MAX_QUEUES + ", not " + queues);
        }
        if (queueSize < MIN_QUEUE_SIZE || queueSize > MAX_QUEUE_SIZE || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("queue size must be a power of two, " + MIN_QUEUE_SIZE + " to "
                    + MAX_QUEUE_SIZE + ", not " + queueSize);
        }
        if (serial.getBytes(StandardCharsets.UTF_8).length > MAX_SERIAL) {
            throw new IllegalArgumentException("serial number is longer than " + MAX_SERIAL + " bytes: " + serial);
        }
    }
}
