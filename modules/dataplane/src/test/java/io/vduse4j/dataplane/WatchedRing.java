package io.vduse4j.dataplane;

import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.virtio.InFlight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;

/** Knows which flags of a packed ring a batch has changed, and takes some of them back: the batch is shown in part. */
abstract class WatchedRing extends RelayedLog {
    private final QueueLog log;
    private final MemorySegment space;
    private final long ring;
    private final short[] flags;

    /**
     * Watches.
     *
     * @param told is told what happens
     * @param log knows where the batch begins
     * @param space where the ring is
     * @param ring its offset there
     * @param size its entries
     */
    WatchedRing(InFlight told, QueueLog log, MemorySegment space, long ring, int size) {
        super(told);
        this.log = log;
        this.space = space;
        this.ring = ring;
        flags = new short[size];
    }

    /** Where the flags of the descriptor so many after the first of the batch are. */
    private long at(int index) {
        return ring + 16L * ((log.before() + index & 0x7fff) % flags.length) + 14;
    }

    @Override
    public void publishing() {
        super.publishing();
        for (int i = 0; i < flags.length; i++) {
            flags[i] = space.get(ValueLayout.JAVA_SHORT, at(i));
        }
    }

    /** The descriptors, counted from the first of the batch, whose flags it has changed. */
    List<Integer> changed() {
        return IntStream.range(0, flags.length)
                .filter(i -> space.get(ValueLayout.JAVA_SHORT, at(i)) != flags[i])
                .boxed()
                .toList();
    }

    /** Makes the flags of these what they were. */
    void takeBack(List<Integer> changed) {
        changed.forEach(i -> space.set(ValueLayout.JAVA_SHORT, at(i), flags[i]));
    }
}
