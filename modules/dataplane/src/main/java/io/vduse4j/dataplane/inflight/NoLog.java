package io.vduse4j.dataplane.inflight;

import io.vduse4j.virtio.DescriptorList;
import java.util.List;

/** No log. */
final class NoLog implements QueueLog {

    @Override
    public boolean isFresh() {
        return true;
    }

    @Override
    public void begin(int used) {}

    @Override
    public int before() {
        return 0;
    }

    @Override
    public int after() {
        return 0;
    }

    @Override
    public int[] batch() {
        return new int[0];
    }

    @Override
    public List<Recovered> recover(int used) {
        return List.of();
    }

    @Override
    public void retaken(int slot, Recovered chain) {}

    @Override
    public void begins(int slot) {}

    @Override
    public void fetched(int slot, DescriptorList list) {}

    @Override
    public void completed(int slot) {}

    @Override
    public void published(int nextUsed) {}
}
