package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import io.vduse4j.daemon.JsonException;
import io.vduse4j.daemon.JsonReader;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a daemon's exports, in a file beside its socket, for the daemon that follows one that was killed. It is
 * read when it is first needed: by then no other daemon listens at the socket. Not synced: the devices are gone, too, after
 * a crash of the machine. Any thread may call.
 */
final class SavedExports {
    private static final String EXPORTS = "exports";

    private final Path path;
    private Optional<Map<String, Map<String, Object>>> known = Optional.empty();

    /**
     * Prepares; nothing is read.
     *
     * @param socket of the daemon
     */
    SavedExports(Path socket) {
        path = socket.resolveSibling(socket.getFileName() + ".exports");
    }

    /**
     * The parameters of all.
     *
     * @throws IOException EBADMSG if the file is none of a daemon
     */
    synchronized List<Map<String, Object>> all() throws IOException {
        return List.copyOf(exports().values());
    }

    /** Adds one, or replaces the one of that name. */
    synchronized void put(String name, Map<String, Object> params) throws IOException {
        exports().put(name, Map.copyOf(params));
        write();
    }

    /** Forgets one; does nothing if it is not known. */
    synchronized void remove(String name) throws IOException {
        if (exports().remove(name) != null) {
            write();
        }
    }

    /** Forgets all but these. */
    synchronized void retain(Set<String> names) throws IOException {
        exports().keySet().retainAll(names);
        write();
    }

    private Map<String, Map<String, Object>> exports() throws IOException {
        if (known.isEmpty()) {
            known = Optional.of(read());
        }
        return known.get();
    }

    private Map<String, Map<String, Object>> read() throws IOException {
        var exports = new LinkedHashMap<String, Map<String, Object>>();
        if (Files.notExists(path)) {
            return exports;
        }
        try {
            if (JsonReader.read(Files.readString(path)) instanceof Map<?, ?> file
                    && file.get(EXPORTS) instanceof List<?> all) {
                for (var one : all) {
                    var params = params(one);
                    exports.put((String) params.get("name"), params);
                }
                return exports;
            }
        } catch (JsonException wrong) {
            throw malformed(wrong.getMessage());
        }
        throw malformed("it has no list of exports");
    }

    private Map<String, Object> params(Object value) throws LinuxException {
        if (!(value instanceof Map<?, ?> map) || !(map.get("name") instanceof String)) {
            throw malformed("an export has no name");
        }
        var params = new LinkedHashMap<String, Object>();
        map.forEach((name, param) -> params.put((String) name, param));
        return params;
    }

    private LinuxException malformed(String why) {
        return new LinuxException(
                "read",
                path.toString(),
                Errno.EBADMSG,
                "it is not what a daemon writes (" + why + "): move it away, and create the exports anew");
    }

    /** A reader never sees half of it, also if this process is killed. */
    private void write() throws IOException {
        var all = exports().values();
        if (all.isEmpty()) {
            Files.deleteIfExists(path);
            return;
        }
        var next = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(next);
        var onlyMe = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.createFile(next, onlyMe);
        Files.writeString(next, Json.of(Map.of(EXPORTS, List.copyOf(all))) + "\n", StandardOpenOption.WRITE);
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
