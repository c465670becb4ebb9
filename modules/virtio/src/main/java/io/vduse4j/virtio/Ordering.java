package io.vduse4j.virtio;

/**
 * Asked before a request that changes the device's content may start: with recovery by repetition, one that overlaps an
 * earlier one waits until the driver can see that the earlier one is done (CR-04). Called on the worker's thread.
 *
 * <p>Requests that only read are not asked for: one that is repeated after a crash returns what is at least as new as when
 * it was taken, and changes nothing.
 */
@FunctionalInterface
public interface Ordering {

    /** Every request may start at once. */
    Ordering NONE = (_, _, _) -> true;

    /**
     * Whether a request may start now, in all its parts. Asked once for a request, before its first part: to ask for parts
     * one by one would let two requests wait for each other. One that may not start is kept by the ordering and given to
     * {@link QueueHandler#resume} later; one that has started counts until its chain was given back and the driver can see
     * it, which the worker knows by itself.
     *
     * @param slot slot of the request's chain
     * @param offset first byte that it may change on the device
     * @param length bytes up to the last that it may change, more than 0
     */
    boolean mayStart(int slot, long offset, long length);
}
