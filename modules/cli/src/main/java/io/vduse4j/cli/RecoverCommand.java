package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse recover}: has a daemon try again what it could not serve again. */
final class RecoverCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(11);

    private final Console console;
    private List<String> names = List.of();
    private final DaemonOption daemon = new DaemonOption();
    private final CommandSpec spec;

    RecoverCommand(Console console) {
        this.console = console;
        var model = new CommandModel("recover", this)
                .usage(
                        "vduse recover [NAME...] [options]",
                        "Tries again to serve disks that the daemon had before it was killed.")
                .description(
                        "A daemon that follows one that was killed serves its disks again by itself. Those with "
                                + "which that has failed are \"failed\" in \"vduse ls\"; when the reason is gone, this tries "
                                + "all of them, or NAME, once more.",
                        "\"vduse rm NAME\" forgets one instead.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such disk, 5 in use, or not failed, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse recover",
                        "  vduse recover db0");
        model.words("NAME", value -> names = value, "Name of the disk; all that have failed if not given.");
        daemon.addTo(model);
        spec = model.common(console).spec();
    }

    /** Each is tried, and told of; the exit code is that of the first that fails. */
    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        int code = ExitCode.OK;
        for (var name : names.isEmpty() ? failed() : names) {
            try {
                var export = (Map<?, ?>) daemon.call("export.recover", Map.of("name", name), TIMEOUT);
                console.say(name + ": served again: " + export.get("device"));
            } catch (IOException failure) {
                console.failure(failure);
                code = code == ExitCode.OK ? ExitCode.of(failure) : code;
            }
        }
        return code;
    }

    private List<String> failed() throws IOException {
        var exports = (List<?>) daemon.call("export.list", Map.of(), TIMEOUT);
        return exports.stream()
                .map(export -> (Map<?, ?>) export)
                .filter(export -> "failed".equals(export.get("state")))
                .map(export -> (String) export.get("name"))
                .toList();
    }
}
