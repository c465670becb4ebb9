package io.vduse4j.cli;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vduse backend show}: what a backend really promises (DU-11). */
@Command(
        name = "show",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse backend show BACKEND [options]",
        header = "Shows what a backend promises: what outlives a killed vduse, and what the loss of power.",
        description = {"", "It opens the backend for reading only, and changes nothing."},
        parameterListHeading = "%nWhat:%n",
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 busy: somebody writes to it",
            "",
            "Examples:",
            "  vduse backend show disk.img",
            "  vduse backend show nbd://storage/vm0 -o json | jq .flushSurvivesPowerLoss"
        })
final class BackendShowCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "BACKEND", description = "As for \"vduse run\".")
    private String backend;

    @Mixin
    private final OutputOption output = new OutputOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    BackendShowCommand(Console console) {
        this.console = console;
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        try (var volume = Backends.open(backend, BackendOptions.NONE.withReadOnly(true))) {
            var guarantees = Guarantees.of(volume);
            console.out(output.isJson() ? Json.of(guarantees.members()) + "\n" : guarantees.table());
        }
        return ExitCode.OK;
    }
}
