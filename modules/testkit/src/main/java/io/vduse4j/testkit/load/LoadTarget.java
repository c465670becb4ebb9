package io.vduse4j.testkit.load;

import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.QueueSignals;
import io.vduse4j.virtio.VirtqueueDriver;
import java.io.IOException;
import java.util.List;

/** A disk that is ready for load. */
public interface LoadTarget extends AutoCloseable {

    /**
     * One of its queues.
     *
     * @param ring the driver's side
     * @param area memory for its requests
     * @param signals how it wakes the device, and the device it
     */
    record Queue(VirtqueueDriver ring, DriverArea area, QueueSignals signals) {}

    /** Its queues; nothing is under way on them. */
    List<Queue> queues();

    /** Size of the disk in bytes. */
    long bytes();

    /** CPU time that whoever serves the disk has used until now, in nanoseconds. */
    long serverNanos() throws IOException;

    @Override
    void close() throws IOException;
}
