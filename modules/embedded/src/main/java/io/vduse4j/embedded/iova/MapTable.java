package io.vduse4j.embedded.iova;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The mappings of an address space: they may overlap, nothing is merged, and of several that overlap a range the one with
 * the lowest start is found (kernel-behaviour 5.7). Not for several threads: its domain locks.
 */
final class MapTable {
    /** By start, unsigned. */
    private final List<MapEntry> entries = new ArrayList<>();

    void add(MapEntry entry) {
        int at = entries.size();
        while (at > 0 && Long.compareUnsigned(entries.get(at - 1).start(), entry.start()) > 0) {
            at--;
        }
        entries.add(at, entry);
    }

    Optional<MapEntry> find(long start, long last) {
        return entries.stream().filter(entry -> entry.overlaps(start, last)).findFirst();
    }

    /** Takes out what a test says. @return what was taken out */
    List<MapEntry> remove(Predicate<MapEntry> which) {
        var removed = entries.stream().filter(which).toList();
        entries.removeAll(removed);
        return removed;
    }
}
