package io.vduse4j.cli;

import io.vduse4j.block.spi.BackendProvider;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse backend ls}: what there is to choose from. */
final class BackendLsCommand implements Callable<Integer> {
    private final Console console;
    private final OutputOption output = new OutputOption();
    private final CommandSpec spec;

    BackendLsCommand(Console console) {
        this.console = console;
        var model = new CommandModel("ls", this)
                .usage("vduse backend ls [options]", "Lists the backends that can be opened here.")
                .footer(
                        "Exit codes: 0 ok, 2 usage",
                        "",
                        "Examples:",
                        "  vduse backend ls",
                        "  vduse backend ls -o json | jq -r '.[].scheme'");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
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
