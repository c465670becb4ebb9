package io.vduse4j.cli;

import picocli.CommandLine.Option;

/** {@code -o} of the commands that show something. */
final class OutputOption {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            converter = OutputFormat.Converter.class,
            description = "How to show it; a table if not given.")
    private OutputFormat format = OutputFormat.TABLE;

    /** Whether a program is to read it. */
    boolean isJson() {
        return format == OutputFormat.JSON;
    }
}
