package io.vduse4j.block;

/**
 * What a backend can do at once, without a channel, a slot and a completion: for owners that have something better to do
 * with a request that must wait than to submit it where they are. Any thread may call.
 */
@FunctionalInterface
public interface AtHand {

    /** What {@link #now} returns for a request that it has not begun. */
    int NOT_AT_HAND = -1;

    /** What {@link #now} returns for a READ of a range that reads as zeroes, and has not been written to the memory. */
    int ZEROES = -2;

    /** Has nothing at hand. */
    AtHand NOTHING = _ -> NOT_AT_HAND;

    /**
     * Does a READ or WRITE if nothing has to be waited for: neither for storage nor for much to be copied. Allocates
     * nothing. The request has been checked as for {@link Channel#submit}.
     *
     * @param request what to do; the caller's again when the call returns
     * @return 0, the positive errno, {@link #ZEROES}, or {@link #NOT_AT_HAND}: then the request is as it was, but the memory
     *     of a READ may have been written to
     * @throws InternalError if the memory that the request names has vanished
     */
    int now(Request request);
}
