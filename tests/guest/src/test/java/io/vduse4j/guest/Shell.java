package io.vduse4j.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Runs commands as a person would, each with a deadline, and knows those that still run. */
final class Shell {
    /** For anything that takes a second or two on a real processor: the guest's are emulated, by a busy host. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    private Shell() {}

    /** The checkout. */
    static Path root() {
        return Path.of(System.getenv("GUEST_ROOT"));
    }

    /** Runs a command to its end. */
    static Outcome run(String... command) throws IOException {
        return run(PATIENCE, command);
    }

    /** Runs a script of bash, which ends with the first command that fails. */
    static Outcome sh(String script) throws IOException {
        return run("bash", "-euo", "pipefail", "-c", script);
    }

    /** Runs a command to its end; the test fails if that does not come in time. */
    static Outcome run(Duration deadline, String... command) throws IOException {
        try (var running = start(Map.of(), command)) {
            return running.await(deadline);
        }
    }

    /** Starts a command; standard input is empty. */
    static Running start(Map<String, String> environment, String... command) throws IOException {
        var out = Files.createTempFile("out", "");
        var err = Files.createTempFile("err", "");
        var builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        RUNNING.add(process);
        var _ = process.onExit().thenRun(() -> RUNNING.remove(process));
        var words = List.of(command);
        boolean script = words.size() > 4 && words.contains("-c");
        return new Running(script ? words.getLast() : String.join(" ", words), process, out, err, System.nanoTime());
    }

    /** Ends what a test has left running: first politely, so that daemons take their devices with them. */
    static void endAll() {
        for (var process : RUNNING) {
            Evidence.show(
                    "still running, ended now: %s", process.info().commandLine().orElse("a process"));
            process.destroy();
        }
        for (var process : RUNNING) {
            if (!hasEnded(process, Duration.ofSeconds(30))) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                hasEnded(process.destroyForcibly(), Duration.ofSeconds(10));
            }
        }
    }

    private static boolean hasEnded(Process process, Duration deadline) {
        try {
            return process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException overdue) {
            Thread.currentThread().interrupt();
            throw new AssertionError("the test was interrupted", overdue);
        }
    }

    /**
     * A command that was started.
     *
     * @param command as a person would write it
     * @param process the process
     * @param out where its standard output goes
     * @param err where its standard error goes
     * @param began when it was started, in nanoseconds
     */
    record Running(String command, Process process, Path out, Path err, long began) implements AutoCloseable {
        /** Waits for its end. */
        Outcome await(Duration deadline) throws IOException {
            if (!hasEnded(process, deadline)) {
                throw new AssertionError("%s: has not ended within %d s; it said: %s %s"
                        .formatted(command, deadline.toSeconds(), text(out), text(err)));
            }
            return outcome();
        }

        private Outcome outcome() throws IOException {
            return new Outcome(
                    command, process.exitValue(), text(out), text(err), Duration.ofNanos(System.nanoTime() - began));
        }

        /** What it has written so far. */
        static String text(Path file) throws IOException {
            return Files.readString(file, StandardCharsets.UTF_8).stripTrailing();
        }

        /** Kills it if it still runs. */
        @Override
        public void close() throws IOException {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }
}
