package io.vduse4j.cli;

import io.vduse4j.vduse.host.linux.HostCheck.Finding;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vduse check}. */
@Command(
        name = "check",
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse check [-o table|json]",
        header = "What this host can do: kernel, modules, permissions; and how to get the rest. Changes nothing.",
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 disks can be served here, 6 they cannot",
            "",
            "Examples:",
            "  vduse check",
            "  vduse check -o json | jq -r '.findings[] | select(.status == \"missing\") | .remedy'",
            "  vduse check && vduse run disk.img"
        })
final class CheckCommand implements Callable<Integer> {
    private final Console console;
    private final Supplier<List<Finding>> check;

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    @Mixin
    private final OutputOption output = new OutputOption();

    CheckCommand(Console console, Supplier<List<Finding>> check) {
        this.console = console;
        this.check = check;
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        var report = new HostReport(check.get());
        console.out(output.isJson() ? report.json() : report.table());
        return report.isUsable() ? ExitCode.OK : ExitCode.NOT_POSSIBLE;
    }
}
