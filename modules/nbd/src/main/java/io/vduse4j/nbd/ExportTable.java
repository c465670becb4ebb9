package io.vduse4j.nbd;

import io.vduse4j.nbd.wire.Nbd;
import java.nio.charset.StandardCharsets;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** The exports of a server by their names. Any thread may call. */
final class ExportTable {
    private final NavigableMap<String, NbdExport> exports = new ConcurrentSkipListMap<>();

    /**
     * Adds one.
     *
     * @throws IllegalArgumentException if the name is longer than 4096 bytes
     * @throws IllegalStateException if the name is taken
     */
    void add(String name, NbdExport export) {
        if (name.getBytes(StandardCharsets.UTF_8).length > Nbd.MAX_STRING) {
            throw new IllegalArgumentException("a name of more than " + Nbd.MAX_STRING + " bytes");
        }
        if (exports.putIfAbsent(name, export) != null) {
            throw new IllegalStateException("there is an export of that name: " + name);
        }
    }

    /** Removes one; empty if there is none of that name. */
    Optional<NbdExport> remove(String name) {
        return Optional.ofNullable(exports.remove(name));
    }

    /** Whether an export is still there. */
    boolean serves(NbdExport export) {
        return exports.values().stream().anyMatch(served -> served == export);
    }

    /** Finds what a client names. The empty name is the default export: the only one, if there is only one. */
    Optional<NbdExport> find(String name) {
        var named = Optional.ofNullable(exports.get(name));
        if (named.isPresent() || !name.isEmpty()) {
            return named;
        }
        var only = exports.firstEntry();
        return only != null && exports.size() == 1 ? Optional.of(only.getValue()) : Optional.empty();
    }

    /** Returns all of them, by name; what is added or removed meanwhile may be there or not. */
    NavigableMap<String, NbdExport> all() {
        return exports;
    }
}
