package io.vduse4j.cli;

import io.vduse4j.vduse.host.linux.HostCheck.Finding;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse check}. */
final class CheckCommand implements Callable<Integer> {
    private final Console console;
    private final Supplier<List<Finding>> check;
    private final OutputOption output = new OutputOption();
    private final CommandSpec spec;

    CheckCommand(Console console, Supplier<List<Finding>> check) {
        this.console = console;
        this.check = check;
        var model = new CommandModel("check", this)
                .usage(
                        "vduse check [-o table|json]",
                        "What this host can do: kernel, modules, permissions; and how to get the rest. Changes nothing.")
                .footer(
                        "Exit codes: 0 disks can be served here, 6 they cannot",
                        "",
                        "Examples:",
                        "  vduse check",
                        "  vduse check -o json | jq -r '.findings[] | select(.status == \"missing\") | .remedy'",
                        "  vduse check && vduse run disk.img");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        var report = new HostReport(check.get());
        console.out(output.isJson() ? report.json() : report.table());
        return report.isUsable() ? ExitCode.OK : ExitCode.NOT_POSSIBLE;
    }
}
