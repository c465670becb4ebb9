package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse rm}: ends a disk of a daemon. */
final class RmCommand implements Callable<Integer> {
    /** Closing a disk takes ten seconds at most. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private String name;
    private boolean force;
    private final DaemonOption daemon = new DaemonOption();
    private final CommandSpec spec;

    RmCommand(Console console) {
        var model = new CommandModel("rm", this)
                .usage("vduse rm NAME [options]", "Ends a disk of the daemon; its backend stays.")
                .description(
                        "What was acknowledged is made stable. A disk that is mounted, that a virtual machine drives "
                                + "through vhost-user, or that has NBD clients is in use and not removed.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such disk, 5 in use, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse rm db0");
        model.parameter("NAME", value -> name = value, "Name of the disk.")
                .flag("--force", value -> force = value, "Also while it is in use: who uses it sees I/O errors.");
        daemon.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        daemon.call("export.remove", Map.of("name", name, "force", force), TIMEOUT);
        return ExitCode.OK;
    }
}
