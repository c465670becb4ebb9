package io.vduse4j.dataplane;

/**
 * The {@link BusyRanges} of a device that several workers serve. They lie in shards, by the region of the device, each
 * with a lock of its own that is held for one search: workers seldom meet. A range stands in every shard that has a part of
 * it, and is entered into one after the other: of two that overlap and enter at once at least one sees the other, maybe
 * both.
 *
 * <p>For a device with one worker there is one shard, and no lock.
 */
final class SharedRanges {

    private static final int SHARDS = 64;

    /** Regions of 1 MiB: the usual request lies in one, or in two. */
    private static final int REGION_SHIFT = 20;

    /** One for each granule of a region; they are small enough for a corner of the first cache. */
    private static final int COUNTERS_OF_A_SHARD = 256;

    private static final int COUNTERS_ALONE = 1024;

    private final BusyRanges[] shards;

    /**
     * No range is busy.
     *
     * @param shared whether several threads use it
     */
    SharedRanges(boolean shared) {
        shards = new BusyRanges[shared ? SHARDS : 1];
        for (int i = 0; i < shards.length; i++) {
            shards[i] = new BusyRanges(shared ? COUNTERS_OF_A_SHARD : COUNTERS_ALONE);
        }
    }

    /**
     * Makes a range busy.
     *
     * @param offset first byte
     * @param length in bytes, more than 0; the range ends before 2^63
     * @return false if it overlaps one that is busy, or one that was just about to be; then nothing has changed
     */
    boolean enter(long offset, long length) {
        long end = offset + length;
        if (shards.length == 1) {
            return shards[0].enter(offset, end);
        }
        int parts = parts(offset, length);
        for (int i = 0; i < parts; i++) {
            BusyRanges shard = shard(offset, i);
            boolean entered;
            synchronized (shard) {
                entered = shard.enter(offset, end);
            }
            if (!entered) {
                leave(offset, i);
                return false;
            }
        }
        return true;
    }

    /** Ends what {@link #enter} has begun with the same range. */
    void leave(long offset, long length) {
        if (shards.length == 1) {
            shards[0].leave(offset);
        } else {
            leave(offset, parts(offset, length));
        }
    }

    /** Ends what {@link #enter} has begun with each of these. */
    void leave(UnseenWrites ranges) {
        if (shards.length == 1 && shards[0].count() == ranges.count()) {
            shards[0].leaveAll(); // they are the ones: the usual case of storage that answers at once
            return;
        }
        for (int i = 0; i < ranges.count(); i++) {
            leave(ranges.offset(i), ranges.length(i));
        }
    }

    private void leave(long offset, int parts) {
        for (int i = 0; i < parts; i++) {
            BusyRanges shard = shard(offset, i);
            synchronized (shard) {
                shard.leave(offset);
            }
        }
    }

    /** How many shards have a part of a range. */
    private static int parts(long offset, long length) {
        long regions = ((offset + length - 1) >>> REGION_SHIFT) - (offset >>> REGION_SHIFT) + 1;
        return (int) Math.min(regions, SHARDS);
    }

    private BusyRanges shard(long offset, int part) {
        return shards[((int) (offset >>> REGION_SHIFT) + part) & (SHARDS - 1)];
    }

    /** Whether no range is busy, as long as nobody enters or leaves. */
    boolean isIdle() {
        for (BusyRanges shard : shards) {
            synchronized (shard) {
                if (shard.count() > 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
