package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConsoleLoggersTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final Console console = new Console(
            new PrintStream(OutputStream.nullOutputStream()), new PrintStream(written, false, StandardCharsets.UTF_8));

    private List<String> lines() {
        console.drain(Duration.ofSeconds(20));
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** The finder is the one of this process: what a module logs arrives here. */
    private final System.Logger ours = System.getLogger("io.vduse4j.dataplane");

    @Test
    void warningsAreShown() {
        ConsoleLoggers.sendTo(console);
        ours.log(Level.DEBUG, "detail");
        ours.log(Level.INFO, "news");
        ours.log(Level.WARNING, "queue {0} of {1}\nis broken", 3, "db0");
        ours.log(Level.ERROR, "it''s {0} literally");
        ours.log(Level.ERROR, "lost", new IllegalStateException("why"));
        assertThat(lines())
                .containsExactly(
                        "vduse: queue 3 of db0\\nis broken",
                        "vduse: it''s {0} literally",
                        "vduse: lost: internal error: java.lang.IllegalStateException: why; please report it, with the"
                                + " output of the same command with -v");
    }

    @Test
    void verboseShowsAllOfOurs() {
        ConsoleLoggers.sendTo(console);
        console.verbose(true);
        ours.log(Level.DEBUG, "detail");
        System.getLogger("java.lang.Runtime").log(Level.DEBUG, "Runtime.exit() called");
        assertThat(lines()).containsExactly("vduse: detail");
    }
}
