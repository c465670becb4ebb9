package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vduse rm}: ends a disk of a daemon. */
@Command(
        name = "rm",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse rm NAME [options]",
        header = "Ends a disk of the daemon; its backend stays.",
        description = {
            "",
            "What was acknowledged is made stable. A disk that is mounted, that a virtual machine drives through",
            "vhost-user, or that has NBD clients is in use and not removed."
        },
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such disk, 5 in use, 7 timeout",
            "",
            "Examples:",
            "  vduse rm db0"
        })
final class RmCommand implements Callable<Integer> {
    /** Closing a disk takes ten seconds at most. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @Parameters(index = "0", paramLabel = "NAME", description = "Name of the disk.")
    private String name;

    @Option(names = "--force", description = "Also while it is in use: who uses it sees I/O errors.")
    private boolean force;

    @Mixin
    private final DaemonOption daemon = new DaemonOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    RmCommand(Console console) {
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        daemon.call("export.remove", Map.of("name", name, "force", force), TIMEOUT);
        return ExitCode.OK;
    }
}
