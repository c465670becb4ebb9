package io.vduse4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Does once what is to begin fast, through each door that needs no rights and no network, so that the start-up cache that
 * the build makes of this process (JEP 514) holds all classes for it: none is loaded on the data path.
 */
public final class Rehearsal {

    private Rehearsal() {}

    /**
     * Ends with exit code 0, or with that of the command that has failed.
     *
     * @param args none
     */
    public static void main(String[] args) throws IOException {
        int code = ExitCode.OK;
        var socket = Path.of(
                System.getProperty("java.io.tmpdir"),
                "vduse-rehearsal-" + ProcessHandle.current().pid());
        var commands = List.of(
                List.of("--help"),
                List.of("run", "null:1M", "--via", "vhost-user-blk", "--socket", socket.toString(), "--", "true"),
                List.of("run", "memory:1M", "--host", "embedded", "--", "true"),
                List.of("bench", "memory:1M", "--rw", "randrw", "--warm-up", "10ms", "--time", "50ms"));
        try (var nobody = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            for (int i = 0; i < commands.size() && code == ExitCode.OK; i++) {
                code = Main.execute(nobody, System.err, commands.get(i).toArray(String[]::new));
            }
        }
        System.exit(code);
    }
}
