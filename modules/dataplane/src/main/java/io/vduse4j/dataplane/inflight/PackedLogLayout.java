package io.vduse4j.dataplane.inflight;

/**
 * Layout of the region of a packed queue ({@code QueueRegionPacked}, vhost-user.rst "Inflight I/O tracking"), as
 * offset:bytes; numbers in the byte order of the host. The fields of {@link #LIST} and those of {@link #USED} are written
 * by one store each: one after the other, a death between them leaves what cannot be told apart (reliability B4).
 */
final class PackedLogLayout {

    private PackedLogLayout() {}

    /** {@code version} 0:2, {@code desc_num} 2:2, {@code free_head} 4:2, {@code old_free_head} 6:2. 8:8. */
    static final int LIST = 8;

    /** Which version of the layout; 0 in a region that was never used. 8:2. */
    static final int VERSION = 8;

    /** Entries of the queue. 10:2. */
    static final int DESC_NUM = 10;

    /** First free entry. 12:2. */
    static final int FREE_HEAD = 12;

    /** The same, before what may not have been shown. 14:2. */
    static final int OLD_FREE_HEAD = 14;

    /** {@code used_idx} 0:2, {@code old_used_idx} 2:2, {@code used_wrap_counter} 4:1, {@code old_used_wrap_counter} 5:1. 16:8. */
    static final int USED = 16;

    /** The entries, one for each descriptor, begin here. */
    static final int DESC = 32;

    /** Bytes of an entry. */
    static final int DESC_BYTES = 32;

    /** In the first entry of a chain: whether it is in flight, 0 or 1. 0:1. */
    static final int INFLIGHT = 0;

    /** The entry of the next descriptor, or the next free entry. 2:2. */
    static final int NEXT = 2;

    /** In the first entry of a chain: the entry of its last descriptor. 4:2. */
    static final int LAST = 4;

    /** In the first entry of a chain: how many descriptors it has. 6:2. */
    static final int NUM = 6;

    /** In the first entry of a chain: how many chains were taken before. 8:8. */
    static final int COUNTER = 8;

    /** The descriptor: {@code id} 0:2, {@code flags} 2:2, {@code len} 4:4. 16:8. */
    static final int REST = 16;

    /** The descriptor's address. 24:8. */
    static final int ADDRESS = 24;

    /** The only version there is. */
    static final int VERSION_1 = 1;

    static long bytes(int size) {
        return DESC + (long) size * DESC_BYTES;
    }

    static long entry(int index) {
        return DESC + (long) index * DESC_BYTES;
    }
}
