package io.vduse4j.cli;

import io.vduse4j.Disk;
import io.vduse4j.daemon.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse abort}: lets go of who waits for a disk that nobody serves any more. */
final class AbortCommand implements Callable<Integer> {
    private static final Duration MAX_WAIT = Duration.ofMinutes(10);

    private final Console console;
    private final CommandSpec spec;
    private String name;
    private final HostOption host = new HostOption();
    private Duration wait = Duration.ofSeconds(10);
    private final OutputOption output = new OutputOption("json: an object with name and state on standard output.");

    AbortCommand(Console console) {
        this.console = console;
        var model = new CommandModel("abort", this)
                .usage("vduse abort NAME [options]", "Ends a device whose server has died, and whatever waits for it.")
                .description(
                        "Every request that its driver waits for fails with an I/O error; then the device is taken "
                                + "off the bus and destroyed. What was acknowledged stays in the backend. To go on instead, "
                                + "serve the device again:",
                        "\"vduse run BACKEND --name NAME\". A device that a live process serves is not touched.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no such device, 5 a live process serves it, 6 no VDUSE here, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse abort db0",
                        "  vduse abort db0 --host /run/kernel.sock");
        model.parameter("NAME", value -> name = value, "Name of the device.");
        host.addTo(model);
        model.option(
                "--wait",
                "TIME",
                new Durations(),
                value -> wait = value,
                "How long who uses the device may take to let go of it, at most 10m. Default 10s.");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        var fault = DeviceName.fault(name);
        if (!fault.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "name " + name + ": " + fault);
        }
        if (!wait.isPositive() || wait.compareTo(MAX_WAIT) > 0) {
            throw new ParameterException(
                    spec.commandLine(), "--wait " + wait.toMillis() + "ms: must be more than 0 and at most 10m");
        }
        try (var devices = host.open(spec.commandLine())) {
            Disk.abort(devices, name, wait);
        }
        console.say(name + ": what waited for it has failed; the device is gone");
        if (output.isJson()) {
            var members = new LinkedHashMap<String, Object>();
            members.put("name", name);
            members.put("state", "gone");
            console.out(Json.of(members) + "\n");
        }
        return ExitCode.OK;
    }
}
