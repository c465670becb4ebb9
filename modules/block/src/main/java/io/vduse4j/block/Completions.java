package io.vduse4j.block;

/** Where the requests of a {@link Channel} end. Exactly one call of either method for each submitted request. */
public interface Completions {

    /**
     * Ends a request on the thread that owns the channel; may be called from within {@link Channel#submit}.
     *
     * @param slot the request's number
     * @param errno 0 on success, else the positive errno (for example {@code Errno.EIO})
     */
    void complete(int slot, int errno);

    /**
     * Ends a request from any other thread: it is handed to the owner through a bounded ring, with at most one wake-up a
     * batch. Same parameters as {@link #complete}.
     */
    void post(int slot, int errno);
}
