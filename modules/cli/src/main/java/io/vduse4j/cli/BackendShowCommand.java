package io.vduse4j.cli;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse backend show}: what a backend really promises (DU-11). */
final class BackendShowCommand implements Callable<Integer> {
    private final Console console;
    private String backend;
    private final OutputOption output = new OutputOption();
    private final CommandSpec spec;

    BackendShowCommand(Console console) {
        this.console = console;
        var model = new CommandModel("show", this)
                .usage(
                        "vduse backend show BACKEND [options]",
                        "Shows what a backend promises: what outlives a killed vduse, and what the loss of power.")
                .description("It opens the backend for reading only, and changes nothing.")
                .parameterHeading("What:")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 busy: somebody writes to it",
                        "",
                        "Examples:",
                        "  vduse backend show disk.img",
                        "  vduse backend show nbd://storage/vm0 -o json | jq .flushSurvivesPowerLoss");
        model.parameter("BACKEND", value -> backend = value, "As for \"vduse run\".");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
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
