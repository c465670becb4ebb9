package io.vduse4j.block;

import io.vduse4j.linux.EventFd;

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

    /**
     * Has the owner call {@link Channel#poll} in each of its rounds, and wait for this too when it sleeps. Called while the
     * channel is opened.
     *
     * @param ready signalled when {@link Channel#poll} has something to take in; stays the channel's, which closes it in
     *     {@link Channel#close}
     * @return false if the owner waits in another way: it may be held up by a request, and every request ends in {@link
     *     Channel#submit} or by a {@link #post}
     */
    default boolean watch(EventFd ready) {
        return false;
    }

    /**
     * Whether a request may hold the owner's thread up for long, because nobody else waits for it. Asked on that thread,
     * for each request: it changes while other devices come and go.
     */
    default boolean mayBlock() {
        return true;
    }
}
