package io.vduse4j.testkit.hostile;

import io.vduse4j.virtio.Fault;
import java.util.EnumMap;
import java.util.Map;

/** What a hostile driver has done so far. */
final class Tally {

    private final Map<ChainKind, Long> kinds = new EnumMap<>(ChainKind.class);
    private final Map<RingBreak, Long> breaks = new EnumMap<>(RingBreak.class);
    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private long hostile;
    private long good;
    private long lives;

    void add(ChainKind kind) {
        kinds.merge(kind, 1L, Long::sum);
        if (kind.isGood()) {
            good++;
        } else {
            hostile++;
        }
    }

    void add(RingBreak kind) {
        breaks.merge(kind, 1L, Long::sum);
        hostile++;
    }

    void add(Fault fault, long count) {
        faults.merge(fault, count, Long::sum);
    }

    void addLife() {
        lives++;
    }

    /** Wrong chains so far. */
    long hostile() {
        return hostile;
    }

    HostileReport report(long seed, long nanos) {
        return new HostileReport(seed, hostile, good, lives, nanos, kinds, breaks, faults);
    }
}
