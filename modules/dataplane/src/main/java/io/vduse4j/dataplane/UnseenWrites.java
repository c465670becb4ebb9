package io.vduse4j.dataplane;

/** The ranges of those writes of one queue that were given back and are not published yet. The worker's own. */
final class UnseenWrites {

    private final long[] offsets;
    private final long[] lengths;
    private int count;

    /**
     * None yet.
     *
     * @param most chains that are given back between two publications
     */
    UnseenWrites(int most) {
        offsets = new long[most];
        lengths = new long[most];
    }

    void add(long offset, long length) {
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    int count() {
        return count;
    }

    long offset(int index) {
        return offsets[index];
    }

    long length(int index) {
        return lengths[index];
    }

    void clear() {
        count = 0;
    }
}
