package io.vduse4j.guest;

/** What a test has seen, printed at once, so that the transcript of a run can be quoted. */
final class Evidence {
    private Evidence() {}

    /** Prints a line as it is. */
    static void show(String line) {
        System.out.println("    " + line);
    }

    /** Prints a line made of a format. */
    @SuppressWarnings("AnnotateFormatMethod") // that annotation is of a library that is not used here
    static void show(String format, Object... arguments) {
        show(format.formatted(arguments));
    }
}
