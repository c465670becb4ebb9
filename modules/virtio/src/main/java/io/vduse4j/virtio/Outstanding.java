package io.vduse4j.virtio;

/**
 * A driver's own account of its descriptors: which are free, and which chain holds the others. It is never read back
 * from memory that the device could have changed.
 */
final class Outstanding {

    /** By descriptor: the next one of its chain or of the free list. */
    private final int[] next;
    /** By head: descriptors of the outstanding chain, or 0. */
    private final int[] taken;
    /** By head: bytes that the device may write. */
    private final long[] writable;
    /** By head: how many chains were added before. */
    private final long[] place;

    private int freeHead;
    private int free;
    private int chains;

    Outstanding(int size) {
        next = new int[size];
        taken = new int[size];
        writable = new long[size];
        place = new long[size];
        for (int i = 0; i < size; i++) {
            next[i] = i + 1;
        }
        free = size;
    }

    /** Descriptors that no chain holds. */
    int free() {
        return free;
    }

    /** Chains that hold the others. */
    int chains() {
        return chains;
    }

    /** The head of the chain that {@link #take} would make. */
    int nextHead() {
        return freeHead;
    }

    /** The descriptor behind this one, in a chain and in what is free alike. */
    int after(int descriptor) {
        return next[descriptor];
    }

    /** Takes descriptors from the free list; there must be as many. */
    void take(int descriptors, long writableBytes, long before) {
        int head = freeHead;
        for (int i = 0; i < descriptors; i++) {
            freeHead = next[freeHead];
        }
        free -= descriptors;
        taken[head] = descriptors;
        writable[head] = writableBytes;
        place[head] = before;
        chains++;
    }

    /** Whether a chain with this head is outstanding; any number may be asked, unsigned (BUG-04). */
    boolean contains(int head) {
        return Integer.compareUnsigned(head, taken.length) < 0 && taken[head] != 0;
    }

    /** Bytes that the device may write to an outstanding chain. */
    long writableBytes(int head) {
        return writable[head];
    }

    /** How many chains were added before this one. */
    long place(int head) {
        return place[head];
    }

    /** Gives the descriptors of an outstanding chain back. */
    void release(int head) {
        int last = head;
        for (int i = 1; i < taken[head]; i++) {
            last = next[last];
        }
        next[last] = freeHead;
        freeHead = head;
        free += taken[head];
        taken[head] = 0;
        chains--;
    }
}
