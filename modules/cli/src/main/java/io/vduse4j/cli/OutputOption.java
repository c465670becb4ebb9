package io.vduse4j.cli;

/** {@code -o}: for people or for programs. */
final class OutputOption {
    private final String description;
    private OutputFormat format = OutputFormat.TABLE;

    /** Of the commands that show something. */
    OutputOption() {
        this("How to show it; a table if not given.");
    }

    /**
     * Of others.
     *
     * @param description what it does
     */
    OutputOption(String description) {
        this.description = description;
    }

    /** Adds it to a command. */
    void addTo(CommandModel model) {
        model.option("-o,--output", "table|json", new OutputFormat.Converter(), value -> format = value, description);
    }

    OutputFormat format() {
        return format;
    }

    /** Whether a program is to read it. */
    boolean isJson() {
        return format == OutputFormat.JSON;
    }
}
