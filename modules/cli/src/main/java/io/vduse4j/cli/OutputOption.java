package io.vduse4j.cli;

/** {@code -o} of the commands that show something. */
final class OutputOption {

    private OutputFormat format = OutputFormat.TABLE;

    /** Whether a program is to read it. */
    boolean isJson() {
        return format == OutputFormat.JSON;
    }

    /** Adds it to a command. */
    void addTo(CommandModel model) {
        model.option(
                "-o,--output",
                "table|json",
                new OutputFormat.Converter(),
                value -> format = value,
                "How to show it; a table if not given.");
    }
}
