package io.vduse4j.cli;

import picocli.CommandLine.Option;

/** Options that every command has. */
@SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // picocli uses them
final class CommonOptions {
    private final Console console;

    CommonOptions(Console console) {
        this.console = console;
    }

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Say how to use this command.")
    private boolean help;

    /** Takes effect while the other options are read, so that their errors are shown in full, too. */
    @Option(
            names = {"-v", "--verbose"},
            description = "Say on standard error what happens, and where an error comes from.")
    private void setVerbose(boolean on) {
        console.verbose(on);
    }
}
