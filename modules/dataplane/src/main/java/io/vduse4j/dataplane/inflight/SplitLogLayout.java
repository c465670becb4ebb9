package io.vduse4j.dataplane.inflight;

/**
 * Layout of the region of a split queue ({@code QueueRegionSplit}, vhost-user.rst "Inflight I/O tracking"), as
 * offset:bytes; numbers in the byte order of the host. Of the padding behind {@code inflight} the first byte is ours ({@link EntryStates}).
 */
final class SplitLogLayout {

    private SplitLogLayout() {}

    /** Which version of the layout; 0 in a region that was never used. 8:2. */
    static final int VERSION = 8;

    /** Entries of the queue. 10:2. */
    static final int DESC_NUM = 10;

    /** First of the list of chains that were given back last. 12:2. */
    static final int LAST_BATCH_HEAD = 12;

    /** Index behind the last chain whose return is noted. 14:2. */
    static final int USED_IDX = 14;

    /** The entries, one for each head, begin here. */
    static final int DESC = 16;

    /** Bytes of an entry. */
    static final int DESC_BYTES = 16;

    /** In an entry: whether the chain is in flight, 0 or 1. 0:1. */
    static final int INFLIGHT = 0;

    /** In an entry: the next of the chains that were given back. 6:2. */
    static final int NEXT = 6;

    /** In an entry: how many chains were taken before. 8:8. */
    static final int COUNTER = 8;

    /** The only version there is. */
    static final int VERSION_1 = 1;

    static long bytes(int size) {
        return DESC + (long) size * DESC_BYTES;
    }

    static long entry(int index) {
        return DESC + (long) index * DESC_BYTES;
    }
}
