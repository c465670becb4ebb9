package io.vduse4j.cli;

import io.vduse4j.daemon.RpcClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The option that every command has which talks to a daemon. */
final class DaemonOption {
    private Path path;

    /** Makes one call. */
    Object call(String method, Map<String, ?> params, Duration timeout) throws IOException {
        try (var client = RpcClient.connect(DaemonSocket.of(Optional.ofNullable(path), System.getenv()))) {
            return client.call(method, params, timeout);
        }
    }

    /** Adds it to a command. */
    void addTo(CommandModel model) {
        model.option(
                "--daemon",
                "PATH",
                Path.class,
                value -> path = value,
                "Socket of the daemon. Default: $VDUSE_SOCKET, or where \"vduse daemon\" listens.");
    }
}
