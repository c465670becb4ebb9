package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vduse resize}: a larger volume for a disk of a daemon. */
@Command(
        name = "resize",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "vduse resize NAME SIZE [options]",
        header = "Makes a disk of the daemon larger, while it is used.",
        description = {
            "",
            "Its volume grows, and with it every other export of that volume. Image files can be grown so."
        },
        optionListHeading = "%nOptions:%n",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 smaller than now, 3 no daemon or no such disk, 6 not possible, 7 timeout",
            "",
            "Examples:",
            "  vduse resize db0 20G"
        })
final class ResizeCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @Parameters(index = "0", paramLabel = "NAME", description = "Name of the disk.")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = SizeText.class,
            description = "Its new size: bytes, or a number with k, M, G or T (of 1024).")
    private Long size;

    @Mixin
    private final DaemonOption daemon = new DaemonOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli puts --help and --verbose there
    private final CommonOptions common;

    ResizeCommand(Console console) {
        common = new CommonOptions(console);
    }

    @Override
    public Integer call() throws IOException {
        daemon.call("export.resize", Map.of("name", name, "size", size), TIMEOUT);
        return ExitCode.OK;
    }
}
