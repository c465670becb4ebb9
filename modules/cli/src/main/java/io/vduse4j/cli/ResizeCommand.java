package io.vduse4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse resize}: a larger volume for a disk of a daemon. */
final class ResizeCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private String name;
    private Long size;
    private final DaemonOption daemon = new DaemonOption();
    private final CommandSpec spec;

    ResizeCommand(Console console) {
        var model = new CommandModel("resize", this)
                .usage("vduse resize NAME SIZE [options]", "Makes a disk of the daemon larger, while it is used.")
                .description(
                        "Its volume grows, and with it every other export of that volume. Image files can be grown "
                                + "so.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 smaller than now, 3 no daemon or no such disk, 6 not possible, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse resize db0 20G");
        model.parameter("NAME", value -> name = value, "Name of the disk.")
                .parameter(
                        "SIZE",
                        new SizeText(),
                        value -> size = value,
                        "Its new size: bytes, or a number with k, M, G or T (of 1024).");
        daemon.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        daemon.call("export.resize", Map.of("name", name, "size", size), TIMEOUT);
        return ExitCode.OK;
    }
}
