package io.vduse4j;

import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files in the runtime directory whose process or device has gone. The directory serves all hosts of its user: a log is
 * stale only if this host has no device of its name, no embedded kernel has (it would listen beside it), and nobody
 * has it locked.
 */
final class StaleFiles {

    private static final String SOCKET = ".nbd";
    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final VduseHost host;
    private final boolean remove;

    StaleFiles(VduseHost host, boolean remove) {
        this.host = host;
        this.remove = remove;
    }

    List<Leftover> collect() throws IOException {
        List<Leftover> found = new ArrayList<>();
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (name.endsWith(SOCKET) && !isServed(file)) {
                found.add(leftover(
                        Leftover.Kind.SOCKET,
                        file,
                        () -> SocketFile.listen(file).close()));
            } else if (name.endsWith(RuntimeDirectory.LOG) && isStale(file)) {
                found.add(leftover(Leftover.Kind.LOG, file, () -> Files.deleteIfExists(file)));
            }
        }
        return found;
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(RuntimeDirectory.get())) {
            return files.toList();
        }
    }

    /** Whether a process listens; what cannot be told counts as served. */
    private static boolean isServed(Path socket) throws IOException {
        try (UnixSocket _ = UnixSocket.connect(socket, CONNECT)) {
            return true;
        } catch (LinuxException e) {
            return e.errno() != Errno.ECONNREFUSED;
        }
    }

    private boolean isStale(Path log) throws IOException {
        String file = log.getFileName().toString();
        String device = file.substring(0, file.length() - RuntimeDirectory.LOG.length());
        Path door = log.resolveSibling(device + SOCKET);
        return !host.devices().contains(device) && !(Files.exists(door) && isServed(door)) && !LogFile.isInUse(log);
    }

    /** A way to remove something. */
    private interface Removal {
        void run() throws IOException;
    }

    private Leftover leftover(Leftover.Kind kind, Path file, Removal removal) {
        if (!remove) {
            return new Leftover(kind, file.toString(), Leftover.State.UNUSED, "");
        }
        try {
            removal.run();
            return new Leftover(kind, file.toString(), Leftover.State.REMOVED, "");
        } catch (IOException e) {
            return new Leftover(kind, file.toString(), Leftover.State.FAILED, String.valueOf(e.getMessage()));
        }
    }
}
