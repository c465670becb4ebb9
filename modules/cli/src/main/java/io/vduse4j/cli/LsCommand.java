package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse ls}: what a daemon serves. */
final class LsCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Console console;
    private final OutputOption output = new OutputOption();
    private final DaemonOption daemon = new DaemonOption();
    private final CommandSpec spec;

    LsCommand(Console console) {
        this.console = console;
        var model = new CommandModel("ls", this)
                .usage("vduse ls [options]", "Lists the disks of the daemon.")
                .description("States: creating, up, ended (detached by somebody else, or given up by the kernel), "
                        + "removing, failed (with the reason: it could not be ended, or not be served again: \"vduse "
                        + "recover\" tries that once more).")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse ls",
                        "  vduse ls -o json | jq -r '.[] | select(.state == \"up\") | .device'");
        output.addTo(model);
        daemon.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        var exports = daemon.call("export.list", Map.of(), TIMEOUT);
        console.out(output.isJson() ? Json.of(exports) + "\n" : table((List<?>) exports));
        return ExitCode.OK;
    }

    private static String table(List<?> exports) {
        var table = new Table();
        table.row("NAME", "VIA", "BACKEND", "SIZE", "DEVICE", "STATE");
        for (var export : exports) {
            var members = (Map<?, ?>) export;
            table.row(
                    cell(members, "name"),
                    cell(members, "via"),
                    cell(members, "backend"),
                    members.get("size") instanceof Long size ? SizeText.of(size) : "-",
                    cell(members, "device"),
                    cell(members, "state") + why(members, "error") + why(members, "lost"));
        }
        return table.text();
    }

    private static String why(Map<?, ?> members, String name) {
        return members.get(name) instanceof String text ? ": " + text : "";
    }

    private static String cell(Map<?, ?> members, String name) {
        return members.get(name) instanceof String text ? text : "-";
    }
}
