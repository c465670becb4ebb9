package io.vduse4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vduse backend}, which only holds the others. */
@Command(
        name = "backend",
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse backend ls|show [options]",
        header = "What can hold the bytes of a disk, and what it promises.",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 busy",
            "",
            "Examples:",
            "  vduse backend ls",
            "  vduse backend show disk.img"
        })
final class BackendCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    private BackendCommand(Console console) {
        common = new CommonOptions(console);
    }

    /** Builds it with what it holds. */
    static CommandLine commandLine(Console console) {
        return new CommandLine(new BackendCommand(console))
                .addSubcommand("ls", new BackendLsCommand(console))
                .addSubcommand("show", new BackendShowCommand(console));
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing: ls or show");
    }
}
