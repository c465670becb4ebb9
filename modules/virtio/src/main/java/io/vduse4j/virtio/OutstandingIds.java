package io.vduse4j.virtio;

/**
 * A packed driver's own account of its lists, by id: how long each is and what the device may write to it. It is never
 * read back from memory that the device could have changed.
 */
final class OutstandingIds {

    /** By id: descriptors of the outstanding list, negative while it is not published, or 0. */
    private final int[] taken;
    /** By id: bytes that the device may write. */
    private final long[] writable;
    /** Ids that name nothing; the first {@code freeIds} count. */
    private final int[] ids;
    /** Ids taken and not published; the first {@code unpublishedIds} count. */
    private final int[] unpublished;

    private int freeIds;
    private int unpublishedIds;
    private int free;

    OutstandingIds(int size) {
        taken = new int[size];
        writable = new long[size];
        ids = new int[size];
        unpublished = new int[size];
        for (int id = size - 1; id >= 0; id--) {
            ids[freeIds++] = id;
        }
        free = size;
    }

    /** Descriptors that no list holds. */
    int free() {
        return free;
    }

    /** Lists that hold the others. */
    int chains() {
        return ids.length - freeIds;
    }

    /** Takes descriptors, of which there must be as many. @return an id for them */
    int take(int descriptors, long writableBytes) {
        int id = ids[--freeIds];
        taken[id] = -descriptors;
        writable[id] = writableBytes;
        free -= descriptors;
        unpublished[unpublishedIds++] = id;
        return id;
    }

    /** The device can see all lists now. */
    void publish() {
        for (int i = 0; i < unpublishedIds; i++) {
            taken[unpublished[i]] = -taken[unpublished[i]];
        }
        unpublishedIds = 0;
    }

    /** Whether a published list with this id is outstanding; any id from 0 on may be asked (BUG-04). */
    boolean contains(int id) {
        return id < taken.length && taken[id] > 0;
    }

    /** Bytes that the device may write to an outstanding list. */
    long writableBytes(int id) {
        return writable[id];
    }

    /** Ends an outstanding list. @return how many descriptors it had */
    int release(int id) {
        int descriptors = taken[id];
        taken[id] = 0;
        ids[freeIds++] = id;
        free += descriptors;
        return descriptors;
    }
}
