package io.vduse4j.cli;

import io.vduse4j.block.spi.BackendProvider;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vduse backend ls}: what there is to choose from. */
@Command(
        name = "ls",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse backend ls [options]",
        header = "Lists the backends that can be opened here.",
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 2 usage",
            "",
            "Examples:",
            "  vduse backend ls",
            "  vduse backend ls -o json | jq -r '.[].scheme'"
        })
final class BackendLsCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final OutputOption output = new OutputOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    BackendLsCommand(Console console) {
        this.console = console;
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        var providers = Backends.providers();
        if (output.isJson()) {
            console.out(
                    Json.of(providers.stream().map(BackendLsCommand::members).toList()) + "\n");
            return ExitCode.OK;
        }
        var table = new Table();
        table.row("BACKEND", "WHAT IT IS");
        for (var provider : providers) {
            table.row(provider.scheme() + ":", provider.summary());
        }
        console.out(table.text());
        return ExitCode.OK;
    }

    private static Map<String, Object> members(BackendProvider provider) {
        var members = new LinkedHashMap<String, Object>();
        members.put("scheme", provider.scheme());
        members.put("summary", provider.summary());
        return members;
    }
}
