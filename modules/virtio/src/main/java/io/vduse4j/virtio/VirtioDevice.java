package io.vduse4j.virtio;

import java.io.IOException;
import java.util.Optional;

/**
 * A virtio device without a door: what it is and how its requests are handled. A transport brings it to a driver.
 *
 * <p>Methods are called on control threads and must not block.
 */
public interface VirtioDevice {

    /** Device id of the specification: 2 is a block device. */
    int deviceId();

    /** Vendor id, free to choose. */
    default int vendorId() {
        return 0x1af4;
    }

    /** Features of the device type that it offers; the transport adds those of rings and of the transport. */
    long features();

    /** Number of queues. */
    int queues();

    /** Most entries of any queue; a power of two. */
    int maxQueueSize();

    /** The configuration space as it is now. A copy. */
    byte[] config();

    /** The configuration space for doors by which drivers can write it; empty if there is nothing to write. */
    default Optional<WritableConfig> writableConfig() {
        return Optional.empty();
    }

    /**
     * Whether the device can work with what the driver has accepted. Bits that were not offered have been refused
     * already.
     *
     * @param features all accepted features, also those of rings and transport
     */
    default boolean accepts(long features) {
        return true;
    }

    /**
     * Names who is told that {@link #config} has changed; called on a thread of the device. One listener at a time; the
     * last one set counts.
     */
    default void onConfigChange(Runnable listener) {}

    /**
     * Makes the handler for all queues of this device that one worker serves.
     *
     * @param context what the worker offers
     * @param features what the driver has accepted
     * @throws IOException if the device cannot serve
     */
    QueueHandler handler(HandlerContext context, long features) throws IOException;
}
