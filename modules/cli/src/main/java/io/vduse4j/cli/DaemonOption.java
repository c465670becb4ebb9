package io.vduse4j.cli;

import io.vduse4j.daemon.RpcClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that every command has which talks to a daemon. */
final class DaemonOption {
    @Option(
            names = "--daemon",
            paramLabel = "PATH",
            description = "Socket of the daemon. Default: $VDUSE_SOCKET, or where \"vduse daemon\" listens.")
    private Path path;

    /** Makes one call. */
    Object call(String method, Map<String, ?> params, Duration timeout) throws IOException {
        try (var client = RpcClient.connect(DaemonSocket.of(Optional.ofNullable(path), System.getenv()))) {
            return client.call(method, params, timeout);
        }
    }
}
