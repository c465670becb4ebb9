package io.vduse4j.virtio;

/**
 * Handles the chains of one device on one worker. Every method runs on that worker's thread, but for {@link #close},
 * which runs when nothing is in flight any more. Nothing here may block for long, allocate in steady state, or throw for
 * what a driver wrote.
 *
 * <p>An access to memory that has vanished may throw {@link InternalError}; the worker catches it and the device fails
 * (J-01).
 */
public interface QueueHandler extends AutoCloseable {

    /**
     * Takes a chain over. It ends, now or later, in exactly one {@link HandlerContext#complete}.
     *
     * @param chain the chain; a fault of the size of a request may stand in it
     */
    void handle(Chain chain);

    /**
     * Ends a chain with an error and without doing what it asks: the process has died over it too often (CR-13). It ends as
     * for {@link #handle}.
     */
    void refuse(Chain chain);

    /** Goes on with a chain that the ordering had kept back. */
    void resume(Chain chain);

    /** The batch is over: what was only gathered is submitted now. */
    void flush();

    /**
     * Takes in what has ended by itself since the last round; called once a round, after {@link #flush}.
     *
     * @return how many requests that was
     */
    default int poll() {
        return 0;
    }

    /** Something was posted for the slot of this chain, from another thread. */
    void posted(Chain chain);

    /**
     * Requests that something outside of this thread still works on; the memory they name must stay until they are back,
     * even when the chains themselves are lost.
     */
    int outstanding();

    @Override
    void close();
}
