package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code vduse} command in a process of its own. */
final class VduseProcess implements AutoCloseable {
    private static final int DEADLINE_SECONDS = 60;

    private final Process process;
    private final Path out;
    private final Path err;

    private VduseProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    static VduseProcess start(Path folder, String... words) throws IOException {
        return start(folder, List.of(), words);
    }

    /** As the other one, with options for the JVM. */
    static VduseProcess start(Path folder, List<String> jvm, String... words) throws IOException {
        var out = Files.createTempFile(folder, words[0], ".out");
        var err = Files.createTempFile(folder, words[0], ".err");
        var line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m"));
        line.addAll(jvm);
        line.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.vduse4j.cli.Main"));
        line.addAll(List.of(words));
        var builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        // Its sockets are the test's own: another run beside it may have disks of the same name.
        builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
        return new VduseProcess(builder.start(), out, err);
    }

    /** Waits for the first line on standard output: the device. */
    String awaitDevice() throws IOException, InterruptedException {
        await(out, "\n");
        return Files.readString(out).strip();
    }

    /** Waits until a text is on standard error. */
    void awaitErr(String text) throws IOException, InterruptedException {
        await(err, text);
    }

    private void await(Path file, String text) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!Files.readString(file).contains(text)) {
            assertThat(process.isAlive() && System.nanoTime() - deadline < 0)
                    .as("it said: %s", Files.readString(err))
                    .isTrue();
            Thread.sleep(20);
        }
    }

    /** Its standard output. */
    Path out() {
        return out;
    }

    /** Where its standard error goes. */
    Path err() {
        return err;
    }

    /** Its standard error. */
    String said() throws IOException {
        return Files.readString(err);
    }

    /** Waits until it has ended by itself; false if it has not in this time. */
    boolean awaitEnd(Duration patience) throws InterruptedException {
        return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Ends it by SIGTERM; returns the exit code. */
    int stop() throws InterruptedException {
        terminate();
        return awaitExit();
    }

    /** Waits for the exit code. */
    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
