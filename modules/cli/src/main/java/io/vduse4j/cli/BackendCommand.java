package io.vduse4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse backend}, which only holds the others. */
final class BackendCommand {
    private final CommandSpec spec;

    BackendCommand(Console console) {
        spec = new CommandModel("backend", this::call)
                .usage("vduse backend ls|show [options]", "What can hold the bytes of a disk, and what it promises.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 busy",
                        "",
                        "Examples:",
                        "  vduse backend ls",
                        "  vduse backend show disk.img")
                .common(console)
                .spec()
                .addSubcommand("ls", new CommandLine(new BackendLsCommand(console).spec()))
                .addSubcommand("show", new CommandLine(new BackendShowCommand(console).spec()));
    }

    CommandSpec spec() {
        return spec;
    }

    private int call() {
        throw new ParameterException(spec.commandLine(), "a command is missing: ls or show");
    }
}
