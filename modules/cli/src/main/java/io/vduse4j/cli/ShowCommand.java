package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vduse show}: one disk of a daemon. */
@Command(
        name = "show",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse show NAME [options]",
        header = "Shows all about one disk of the daemon.",
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such disk, 7 timeout",
            "",
            "Examples:",
            "  vduse show db0",
            "  vduse show db0 -o json | jq -r .device"
        })
final class ShowCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Console console;

    @Parameters(index = "0", paramLabel = "NAME", description = "Name of the disk.")
    private String name;

    @Mixin
    private final OutputOption output = new OutputOption();

    @Mixin
    private final DaemonOption daemon = new DaemonOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    ShowCommand(Console console) {
        this.console = console;
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        var export = daemon.call("export.get", Map.of("name", name), TIMEOUT);
        console.out(output.isJson() ? Json.of(export) + "\n" : table((Map<?, ?>) export));
        return ExitCode.OK;
    }

    private static String table(Map<?, ?> export) {
        var table = new Table();
        export.forEach((name, value) -> table.row(name.toString(), value.toString()));
        return table.text();
    }
}
