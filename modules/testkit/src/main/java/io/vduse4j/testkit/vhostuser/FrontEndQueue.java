package io.vduse4j.testkit.vhostuser;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.time.Duration;

/** One queue of a {@link VhostUserFrontEnd}: its driver, and the descriptors that are passed for it. */
record FrontEndQueue(EventFdSignals signals, BlkDriver driver) {

    /** Alignment of used rings, as a modern driver chooses it. */
    private static final int RING_ALIGNMENT = 4096;

    /** Memory of one ring, in whole pages. */
    static long ringBytes(boolean packed, int size) {
        long bytes = RingAddresses.bytes(packed, size, RING_ALIGNMENT);
        return (bytes + RING_ALIGNMENT - 1) / RING_ALIGNMENT * RING_ALIGNMENT;
    }

    /**
     * Makes the driver's side of a queue; the device knows nothing of it yet.
     *
     * @param size entries
     * @param features the virtio features that were negotiated
     * @param begin where it begins
     * @param ring {@link #ringBytes} for the ring
     * @param requests memory for requests
     * @param timeout how long a request may take
     */
    static FrontEndQueue make(
            int size, long features, VirtqueueState begin, DriverArea ring, DriverArea requests, Duration timeout)
            throws LinuxException {
        boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
        var at = RingAddresses.contiguous(packed, size, RING_ALIGNMENT, ring.host(), ring.device());
        var driver = VirtqueueDriver.of(ring.space(), at, features, begin);
        var signals = new EventFdSignals();
        return new FrontEndQueue(
                signals, new BlkDriver(driver, requests, VhostVdpaDriver.REQUEST_BYTES, signals, timeout));
    }
}
