package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;

/**
 * What a command that has ended left behind.
 *
 * @param command the command, as a person would write it
 * @param code its exit code; 128 and the number of the signal that ended it
 * @param out its standard output, without the last line break
 * @param err its standard error, likewise
 * @param took how long it ran
 */
record Outcome(String command, int code, String out, String err, Duration took) {

    /** Fails the test unless the command has succeeded. */
    Outcome ok() {
        assertThat(code)
                .as("exit code of %s; it said: %s %s", command, out, err)
                .isZero();
        return this;
    }

    /** The lines on standard error. */
    List<String> errLines() {
        return err.lines().toList();
    }

    /** Prints everything, for the transcript. */
    Outcome show() {
        Evidence.show("$ " + command);
        out.lines().forEach(line -> Evidence.show("  " + line));
        err.lines().forEach(line -> Evidence.show("  (stderr) " + line));
        Evidence.show("  exit code %d after %.1f s", code, took.toMillis() / 1000.0);
        return this;
    }
}
