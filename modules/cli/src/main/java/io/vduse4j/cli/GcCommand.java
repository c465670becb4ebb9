package io.vduse4j.cli;

import io.vduse4j.Leftover;
import io.vduse4j.Leftovers;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse gc}: removes what processes that have gone left behind. */
final class GcCommand implements Callable<Integer> {
    private final Console console;
    private final CommandSpec spec;
    private final HostOption host = new HostOption();
    private boolean dryRun;
    private final OutputOption output = new OutputOption();

    GcCommand(Console console) {
        this.console = console;
        var model = new CommandModel("gc", this)
                .usage(
                        "vduse gc [options]",
                        "Removes devices that nobody serves and nobody uses, and stale logs and sockets.")
                .description(
                        "Whatever belongs to a live process is not touched. A device whose server has died but that "
                                + "is still on the vdpa bus is only listed, as orphaned: somebody may wait for it.",
                        "States: unused (with --dry-run), removed, orphaned, failed.")
                .footer(
                        "Exit codes: 0 ok, 1 something could not be removed, 2 usage, 3 no kernel at PATH, 6 no VDUSE here, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse gc --dry-run",
                        "  vduse gc -o json | jq -r '.[] | select(.state == \"orphaned\") | .name'");
        host.addTo(model);
        model.flag("--dry-run", value -> dryRun = value, "Only say what would be removed.");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        List<Leftover> found;
        try (var devices = host.open(spec.commandLine())) {
            found = Leftovers.collect(devices, !dryRun);
        }
        console.out(
                output.isJson() ? Json.of(found.stream().map(GcCommand::members).toList()) + "\n" : table(found));
        boolean failed = found.stream().anyMatch(one -> one.state() == Leftover.State.FAILED);
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private static Map<String, Object> members(Leftover found) {
        var members = new LinkedHashMap<String, Object>();
        members.put("kind", text(found.kind()));
        members.put("name", found.name());
        members.put("state", text(found.state()));
        members.put("hint", found.hint());
        return members;
    }

    private static String table(List<Leftover> all) {
        var table = new Table();
        table.row("KIND", "NAME", "STATE", "HINT");
        for (var found : all) {
            table.row(
                    text(found.kind()),
                    found.name(),
                    text(found.state()),
                    found.hint().isEmpty() ? "-" : found.hint());
        }
        return table.text();
    }

    private static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
