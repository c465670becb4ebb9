package io.vduse4j.testkit.conformance;

/**
 * What VQ_GET_INFO tells of a queue.
 *
 * @param num entries
 * @param desc IOVA of the descriptor table
 * @param driver IOVA of the available ring
 * @param device IOVA of the used ring
 * @param availIndex first index
 * @param ready whether the driver uses it
 */
record VqInfo(int num, long desc, long driver, long device, int availIndex, boolean ready) {
    /** A queue that no driver has touched. */
    static final VqInfo NONE = new VqInfo(0, 0, 0, 0, 0, false);
}
