package io.vduse4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;

/** Compares what raw calls answer, by the names of the errors. */
final class Answers {
    private Answers() {}

    /** The call must have answered 0. */
    static void done(int result) {
        answers(result, 0);
    }

    /** The call must have been refused. */
    static void refused(int result, int errno) {
        answers(result, -errno);
    }

    /** The call must have answered just this. */
    static void answers(int result, int expected) {
        assertThat(text(result)).isEqualTo(text(expected));
    }

    /** A result as a person reads it. */
    static String text(int result) {
        return result < 0 ? Errno.name(-result) : Integer.toString(result);
    }
}
