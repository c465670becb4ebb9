package io.vduse4j.block;

/**
 * One worker's way into a backend. All methods are called on that worker's thread.
 *
 * <p>Nobody cancels a request: it ends by its completion, and the memory it names stays valid until then. That memory is
 * the driver's own; it may change at any time, and it may vanish (a system call then answers EFAULT, an access from Java
 * throws {@link InternalError}: J-01).
 */
public interface Channel extends AutoCloseable {

    /**
     * Starts a request. Neither blocks for long nor allocates. The request has been checked: it lies within the volume,
     * is a multiple of the block size, obeys {@link Limits} and asks for nothing that the backend cannot do.
     *
     * @param slot the request's number on this channel; free again when it has completed
     * @param request what to do; belongs to the backend until the completion
     */
    void submit(int slot, Request request);

    /** The batch is over: hands to the system whatever {@link #submit} only gathered. */
    void flushSubmissions();

    /** Called once nothing is in flight any more. */
    @Override
    void close();
}
