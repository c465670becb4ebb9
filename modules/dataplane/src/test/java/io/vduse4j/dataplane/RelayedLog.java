package io.vduse4j.dataplane;

import io.vduse4j.virtio.DescriptorList;
import io.vduse4j.virtio.InFlight;

/** Tells a log what it is told: for those who tell it something else now and then. */
class RelayedLog implements InFlight {
    private final InFlight log;

    RelayedLog(InFlight log) {
        this.log = log;
    }

    @Override
    public void fetched(int slot, DescriptorList list) {
        log.fetched(slot, list);
    }

    @Override
    public void completed(int slot) {
        log.completed(slot);
    }

    @Override
    public void publishing() {
        log.publishing();
    }

    @Override
    public void published(int nextUsed) {
        log.published(nextUsed);
    }
}
