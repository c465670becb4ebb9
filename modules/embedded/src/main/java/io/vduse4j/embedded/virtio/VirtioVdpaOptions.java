package io.vduse4j.embedded.virtio;

import java.time.Duration;

/**
 * How the driver behaves where Linux has module parameters, or waits for ever.
 *
 * @param cpus most queues that are used, however many the device has (kernel-behaviour 7.1, step 6); 1 or more
 * @param submitTimeout how long a request waits for room in a queue or in the bounce buffer
 * @param scanTimeout how long the first read may take, during which the bus is held (kernel-behaviour 6.4)
 * @param removeTimeout how long a removal waits for requests in flight before it resets the device
 */
public record VirtioVdpaOptions(int cpus, Duration submitTimeout, Duration scanTimeout, Duration removeTimeout) {

    /** As many queues as processors; half a minute for everything, as a VDUSE message has. */
    public static final VirtioVdpaOptions DEFAULT = new VirtioVdpaOptions(
            Runtime.getRuntime().availableProcessors(),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30));

    /** Refuses no CPU, and times that are not in the future. */
    public VirtioVdpaOptions {
        if (cpus < 1) {
            throw new IllegalArgumentException("processors: " + cpus);
        }
        for (Duration time : new Duration[] {submitTimeout, scanTimeout, removeTimeout}) {
            if (time.isNegative() || time.isZero() || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("not a time limit of up to a day: " + time);
            }
        }
    }

    /** The same with another number of processors. */
    public VirtioVdpaOptions withCpus(int number) {
        return new VirtioVdpaOptions(number, submitTimeout, scanTimeout, removeTimeout);
    }

    /** The same with one limit for everything that waits. */
    public VirtioVdpaOptions withTimeouts(Duration limit) {
        return new VirtioVdpaOptions(cpus, limit, limit, limit);
    }

    /** The same with another limit for a removal. */
    public VirtioVdpaOptions withRemoveTimeout(Duration limit) {
        return new VirtioVdpaOptions(cpus, submitTimeout, scanTimeout, limit);
    }
}
