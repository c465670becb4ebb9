package io.vduse4j.testkit.hostile;

import io.vduse4j.virtio.Fault;
import java.util.Map;

/**
 * What a hostile driver has done and seen. Every chain of it is accounted for: what was not as it must be has ended the run.
 *
 * @param seed everything follows from it
 * @param hostile chains that were wrong, ring breaks among them
 * @param good chains that were right and verified
 * @param lives times that the device was started
 * @param nanos how long it took
 * @param kinds chains by kind
 * @param breaks ring breaks by kind
 * @param faults what the device has counted, which is what it had to
 */
public record HostileReport(
        long seed,
        long hostile,
        long good,
        long lives,
        long nanos,
        Map<ChainKind, Long> kinds,
        Map<RingBreak, Long> breaks,
        Map<Fault, Long> faults) {

    /** Copies the maps. */
    public HostileReport {
        kinds = Map.copyOf(kinds);
        breaks = Map.copyOf(breaks);
        faults = Map.copyOf(faults);
    }

    /** Lines for a log. */
    @Override
    public String toString() {
        var text =
                new StringBuilder("seed %d: %,d hostile and %,d good chains in %,d lives, %.1f s, %,.0f chains a second"
                        .formatted(seed, hostile, good, lives, nanos / 1e9, (hostile + good) / (nanos / 1e9)));
        append(text, "kinds", ChainKind.values(), kinds);
        append(text, "ring breaks", RingBreak.values(), breaks);
        append(text, "faults", Fault.values(), faults);
        return text.toString();
    }

    private static <K> void append(StringBuilder text, String title, K[] order, Map<K, Long> counts) {
        text.append(System.lineSeparator()).append("  ").append(title).append(':');
        for (K key : order) {
            if (counts.containsKey(key)) {
                text.append(" %s %,d".formatted(key, counts.get(key)));
            }
        }
    }
}
