package io.vduse4j.block;

/**
 * One worker's way into a backend. All methods are called on that worker's thread.
 *
 * <p>Nobody cancels a request: it ends by its completion, and the memory it names stays valid until then. That memory is
 * the driver's own; it may change at any time, and it may vanish (a system call then answers EFAULT, an access from Java
 * throws {@link InternalError}: J-01).
 *
 * <p>The life of a request: {@link #submit}; then, exactly once, a call of {@link Completions} on any thread; then,
 * exactly once and on the owner's thread, {@link #completed}; only then is the slot free.
 */
public interface Channel extends AutoCloseable {

    /**
     * Starts a request. Neither blocks for long nor allocates. The request has been checked: it lies within the volume,
     * is a multiple of the block size, obeys {@link Limits} and asks for nothing that the backend cannot do.
     *
     * @param slot the request's number on this channel; free again when it has completed
     * @param request what to do; belongs to the backend until the completion
     * @throws InternalError if the memory that the request names has vanished. The channel has then forgotten the
     *     request: neither {@link Completions} nor {@link #completed} is called for it any more, and the channel and
     *     its backend are as usable as before. What the owner's own {@link Completions#complete} throws comes out here
     *     too, but then the request has completed: the owner tells the two apart by that.
     */
    void submit(int slot, Request request);

    /** The batch is over: hands to the system whatever {@link #submit} only gathered. */
    void flushSubmissions();

    /**
     * Takes in what has ended by itself, and completes it. Called once a round, after {@link #flushSubmissions}, if the
     * owner has agreed to it ({@link Completions#watch}). Neither blocks nor allocates.
     *
     * @return how many have ended
     */
    default int poll() {
        return 0;
    }

    /**
     * The last step of a request, on the owner's thread, whichever thread it completed on: this is where a channel may
     * still touch the driver's memory (copying out what was read into a private buffer), because only the owner knows
     * that the memory is of a live generation. The owner calls it for each completion, direct or posted, just before it
     * ends the request and with the request as it was submitted. A channel over a channel calls the inner one first.
     *
     * <p>It may start requests that had to wait for this one, so completions of other slots may come from within.
     *
     * @param slot the request's number
     * @param request the request as it was given to {@link #submit}
     * @param errno how the request ended so far: 0 or the positive errno
     * @return how it ends: {@code errno}, or another if the last step failed
     * @throws InternalError if the driver's memory has vanished; the channel has nevertheless let go of the request
     */
    default int completed(int slot, Request request, int errno) {
        return errno;
    }

    /** Called once nothing is in flight any more. */
    @Override
    void close();
}
