package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, on the same module path as the tests. */
final class VduseProcess implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;

    private VduseProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts the real command; {@code prefix} comes before the JVM, as in {@code setpriv}. */
    static VduseProcess real(Path folder, List<String> prefix, String... args) throws IOException {
        var line = new ArrayList<>(prefix);
        line.addAll(java());
        line.add("io.vduse4j.cli/io.vduse4j.cli.Main");
        line.addAll(List.of(args));
        return start(folder, line);
    }

    /** Starts the command with a {@link FakeDiskMain} that behaves so. */
    static VduseProcess fake(Path folder, String behaviour, String... args) throws IOException {
        return fake(folder, FakeDiskMain.class, behaviour, args);
    }

    /** Starts the command with a {@link FakeKernelMain}. */
    static VduseProcess fakeKernel(Path folder, String... args) throws IOException {
        return fake(folder, FakeKernelMain.class, "", args);
    }

    private static VduseProcess fake(Path folder, Class<?> main, String behaviour, String... args) throws IOException {
        var line = java();
        line.addAll(
                line.size() - 1, List.of("-Dfake=" + behaviour, "--patch-module", "io.vduse4j.cli=" + testClasses()));
        line.add("io.vduse4j.cli/" + main.getName());
        line.addAll(List.of(args));
        return start(folder, line);
    }

    /** A JVM with our modules; what follows is the module and its main class. */
    static List<String> java() {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=io.vduse4j.linux",
                "-p",
                System.getProperty("jdk.module.path"),
                "-m"));
    }

    /** The tests are patched into the module of the command, so only the build knows where they are. */
    private static String testClasses() {
        return Path.of(System.getProperty("basedir", "."), "target", "test-classes")
                .toString();
    }

    private static VduseProcess start(Path folder, List<String> line) throws IOException {
        var out = folder.resolve("out");
        var err = folder.resolve("err");
        // A build that was started in the background ignores SIGINT, and so would all of its children.
        var command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(line);
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new VduseProcess(process, out, err);
    }

    /** Sends a signal by its name. */
    void signal(String name) throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(kill.exitValue()).isZero();
    }

    /** Waits until a line is on standard output, which comes after what is said on standard error; returns all of it. */
    String awaitOut() throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!out().contains("\n")) {
            assertThat(System.nanoTime() - until)
                    .as("waiting for a line on standard output: %s", err())
                    .isNegative();
            Thread.sleep(10);
        }
        return out();
    }

    /** Waits until a text is on standard error. */
    void awaitErr(String text) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!err().contains(text)) {
            assertThat(System.nanoTime() - until)
                    .as("waiting for \"%s\" in: %s", text, err())
                    .isNegative();
            assertThat(process.isAlive() || err().contains(text))
                    .as("ended early: %s", err())
                    .isTrue();
            Thread.sleep(20);
        }
    }

    /** Waits for the exit code. */
    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("still runs: %s", err())
                .isTrue();
        return process.exitValue();
    }

    /** Processor time that it has used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** Ends it as nothing should be ended. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
