package io.vduse4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command that runs beside us, and is ended with us if it has not ended by itself. */
final class Child implements AutoCloseable {
    /** Between SIGTERM and SIGKILL. With what detaching needs it stays below the 10 s that stopping may take. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** Between SIGKILL and the end; a process that hangs in the kernel does not keep us. */
    private static final Duration LAST = Duration.ofSeconds(1);

    private static final File NOTHING = new File("/dev/null");

    private final Process process;

    private Child(Process process) {
        this.process = process;
    }

    /**
     * Starts the command that a disk is for, with our standard input, output and error.
     *
     * @param command program and arguments, as the user wrote them: no shell comes between
     * @param environment what it finds beside our own environment
     */
    static Child start(List<String> command, Map<String, String> environment) throws IOException {
        var builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        return new Child(builder.start());
    }

    /**
     * Starts a command beside a measurement: without input, and with its output and errors in a file.
     *
     * @param command program and arguments
     * @param said the file
     */
    static Child startQuietly(List<String> command, Path said) throws IOException {
        return new Child(new ProcessBuilder(command)
                .redirectInput(NOTHING)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start());
    }

    /** Whether it still runs. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** Runs something when the command has ended, on another thread. */
    void onExit(Runnable action) {
        var _ = process.onExit().thenRun(action);
    }

    /** Its exit code, or 128 and the number of the signal that ended it; the latter also if it cannot be ended. */
    int exitCode() {
        return process.isAlive() ? ExitCode.SIGNALLED + 9 : process.exitValue();
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends the command if it still runs: asks, waits, and kills it together with what it started. */
    void stop() {
        if (!process.isAlive()) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                // Its children have no parent to be found by once it is dead; killed before it, they would be noticed.
                var children = process.descendants().toList();
                process.destroyForcibly();
                children.forEach(ProcessHandle::destroyForcibly);
                process.waitFor(LAST.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException hurry) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
