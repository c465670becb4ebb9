package io.vduse4j.guest;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/** A process of {@code ./vduse run}. */
final class Vduse implements AutoCloseable {
    private final Shell.Running running;

    private Vduse(Shell.Running running) {
        this.running = running;
    }

    /** Starts {@code ./vduse run} with these words. What attaching may take is ten times what a real machine gets. */
    static Vduse start(String... words) throws IOException {
        return start(Map.of(), new String[0], words);
    }

    /** As {@link #start(String...)}, by another command that runs it: setpriv, unshare. */
    static Vduse start(Map<String, String> environment, String[] by, String... words) throws IOException {
        var run = Stream.of(Shell.root().resolve("vduse").toString(), "run", "--wait", "120s");
        var command = Stream.of(Stream.of(by), run, Stream.of(words)).flatMap(part -> part);
        return new Vduse(Shell.start(environment, command.toArray(String[]::new)));
    }

    /** Runs {@code ./vduse run} with these words to its end. */
    static Outcome run(Duration deadline, String... words) throws IOException {
        try (var vduse = start(words)) {
            return vduse.await(deadline);
        }
    }

    /** Waits for the line on standard output that names the device. */
    String awaitDevice() throws IOException {
        Wait.until("a device of " + running.command(), Shell.PATIENCE, () -> {
            if (!running.process().isAlive()) {
                throw new AssertionError(running.command() + " has ended: " + Shell.Running.text(running.err()));
            }
            return !Shell.Running.text(running.out()).isEmpty();
        });
        var said = Shell.Running.text(running.out());
        if (said.startsWith("#")) { // as the report of a JVM that dies begins
            throw new AssertionError(running.command() + " names no device, but says " + said);
        }
        return said;
    }

    /** Sends a signal, by its name without SIG. */
    void signal(String name) throws IOException {
        Shell.run("kill", "-" + name, Long.toString(pid())).ok();
    }

    long pid() {
        return running.process().pid();
    }

    Outcome await(Duration deadline) throws IOException {
        return running.await(deadline);
    }

    /** Ends it politely if it still runs. */
    @Override
    public void close() throws IOException {
        if (running.process().isAlive()) {
            running.process().destroy();
            running.await(Shell.PATIENCE);
        }
        var said = Shell.Running.text(running.err());
        if (!said.isEmpty()) {
            Evidence.show("%s said: %s", running.command(), said);
        }
        running.close();
    }
}
