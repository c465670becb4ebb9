package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse show}: one disk of a daemon. */
final class ShowCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Console console;
    private String name;
    private final OutputOption output = new OutputOption();
    private final DaemonOption daemon = new DaemonOption();
    private final CommandSpec spec;

    ShowCommand(Console console) {
        this.console = console;
        var model = new CommandModel("show", this)
                .usage("vduse show NAME [options]", "Shows all about one disk of the daemon.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such disk, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse show db0",
                        "  vduse show db0 -o json | jq -r .device");
        model.parameter("NAME", value -> name = value, "Name of the disk.");
        output.addTo(model);
        daemon.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
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
