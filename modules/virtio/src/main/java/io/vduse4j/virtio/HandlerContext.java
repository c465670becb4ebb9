package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;

/** What a worker offers to the handler of a device. */
public interface HandlerContext {

    /** Number of slots: chains that may be in flight at once. {@link Chain#slot} is 0 to {@code slots() - 1}. */
    int slots();

    /**
     * Gives a chain back to the driver with the end of the batch. On the worker's thread.
     *
     * @param chain the chain
     * @param written bytes written from the first writable byte on (VS-17)
     */
    void complete(Chain chain, long written);

    /**
     * Has {@link QueueHandler#posted} called on the worker's thread for the chain of this slot. Any thread; never blocks;
     * at most one call may be pending for a slot. What was written before is seen there.
     */
    void post(int slot);

    /**
     * Ends the worker's sleep when a descriptor is signalled, from the start of the device to the close of the handler.
     * Called while the handler is made.
     *
     * @param descriptor number of an eventfd, which nobody needs to read; the handler's
     * @return false where nobody waits for descriptors
     */
    default boolean watch(int descriptor) {
        return false;
    }

    /**
     * Whether the thread serves this handler alone at the moment: a request that holds it up holds up no other device. On
     * the worker's thread.
     */
    default boolean isAlone() {
        return true;
    }

    /** Asked before a request is submitted. */
    Ordering ordering();

    /**
     * Native memory that lives as long as the handler, zeroed, from the device's byte budget.
     *
     * @param bytes how much
     * @param alignment a power of two
     */
    MemorySegment allocate(long bytes, long alignment);
}
