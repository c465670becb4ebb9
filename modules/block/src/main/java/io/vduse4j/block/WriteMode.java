package io.vduse4j.block;

import io.vduse4j.virtio.blk.BlkFeatures;

/** When the writes of one driver are stable, as it follows from its features and the switch of the cache (DU-02). */
final class WriteMode {

    private final boolean withoutFlush;
    private final boolean switches;
    private final WriteCache cache;

    WriteMode(long features, WriteCache cache) {
        this.withoutFlush = (features & BlkFeatures.FLUSH) == 0;
        this.switches = (features & BlkFeatures.CONFIG_WCE) != 0;
        this.cache = cache;
    }

    /** Whether a write that completes now must be stable. */
    boolean isThrough() {
        return withoutFlush || (switches && cache.isOff());
    }

    /** Whether a request that has ended still needs a flush: the cache was switched off while it was on its way. */
    boolean wasLeftBehind(Request request) {
        boolean stores = request.op == Request.Op.WRITE || request.op == Request.Op.WRITE_ZEROES;
        return stores && !request.fua && isThrough();
    }
}
