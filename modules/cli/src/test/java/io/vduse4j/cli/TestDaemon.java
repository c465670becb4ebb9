package io.vduse4j.cli;

import io.vduse4j.daemon.Exports;
import io.vduse4j.daemon.RpcServer;
import io.vduse4j.dataplane.WorkerPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** What {@code vduse daemon} serves, in this process and without its signals. */
final class TestDaemon implements AutoCloseable {
    private final Path socket;
    private final SharedGround ground;
    private final Exports<RunSettings> exports = new Exports<>();
    private final SavedExports saved;
    private final RpcServer server;

    TestDaemon(Path folder) throws IOException {
        socket = folder.resolve("daemon.sock");
        ground = new SharedGround("embedded", new WorkerPool(2, 0));
        saved = new SavedExports(socket);
        var nowhere = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
        var methods = new ExportMethods(new Console(nowhere, nowhere), ground, exports, saved, "embedded", socket);
        server = RpcServer.listen(socket, methods);
    }

    Path socket() {
        return socket;
    }

    /** Runs a command against it. */
    Invocation vduse(String line) {
        return Invocation.of(Stream.concat(Arrays.stream(line.split(" ", -1)), Stream.of("--daemon", socket.toString()))
                .toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        try (ground;
                exports;
                server) {
            // In this order, from the last to the first.
        }
        saved.retain(Set.of());
    }
}
