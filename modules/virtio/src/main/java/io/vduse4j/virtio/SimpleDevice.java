package io.vduse4j.virtio;

import java.io.IOException;

/**
 * A device whose requests are answered at once, on the worker that takes them: what a device type needs to say of itself,
 * and one method for its requests. One that waits for something else is a {@link VirtioDevice} with a {@link
 * QueueHandler} of its own.
 */
public interface SimpleDevice extends VirtioDevice {

    /** None of its own. */
    @Override
    default long features() {
        return 0;
    }

    /** One. */
    @Override
    default int queues() {
        return 1;
    }

    /** 128. */
    @Override
    default int maxQueueSize() {
        return 128;
    }

    /** Empty. */
    @Override
    default byte[] config() {
        return new byte[0];
    }

    /**
     * Handles a request. Called by the worker that serves the queue; queues may be served by several workers at the same
     * time. It must not block, nor throw for what a driver wrote: an exception stops the device until its reset (J-15).
     * The chain is not to be used after the return.
     *
     * @param chain the request: its buffers have no fault, {@link Chain#queue} says where it came from
     * @return bytes written from the first writable byte on (VS-17), at most {@link Chain#writableBytes}
     */
    long handle(Chain chain);

    @Override
    default QueueHandler handler(HandlerContext context, long features) throws IOException {
        return new SimpleHandler(this, context);
    }
}
