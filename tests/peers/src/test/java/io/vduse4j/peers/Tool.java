package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A program of somebody else that has run.
 *
 * @param code its exit code
 * @param output standard output and standard error together
 */
record Tool(int code, String output) {
    private static final int DEADLINE_SECONDS = 120;

    /** Runs one to its end, without standard input. */
    static Tool run(Path folder, String... command) throws IOException, InterruptedException {
        var output = Files.createTempFile(folder, "tool", ".out");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended)
                .as("%s still runs; it said: %s", String.join(" ", command), Files.readString(output))
                .isTrue();
        return new Tool(process.exitValue(), Files.readString(output));
    }

    /** Runs one that must succeed; returns what it said. */
    static String succeed(Path folder, String... command) throws IOException, InterruptedException {
        var tool = run(folder, command);
        assertThat(tool.code)
                .as("%s said: %s", String.join(" ", command), tool.output)
                .isZero();
        return tool.output;
    }
}
