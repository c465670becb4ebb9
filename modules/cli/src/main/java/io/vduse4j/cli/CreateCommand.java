package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import io.vduse4j.daemon.RpcException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse create}: has a daemon serve a disk. */
final class CreateCommand implements Callable<Integer> {
    /** For what comes before and after the attaching: opening the volume, and the answer. */
    private static final Duration BESIDES = Duration.ofSeconds(60);

    private final Console console;
    private final CommandSpec spec;
    private final List<OptionSpec> ofDisk;
    private String name;
    private String backend;
    private final RunOptions options = new RunOptions();
    private final DaemonOption daemon = new DaemonOption();
    private final OutputOption output = new OutputOption("json: all that \"vduse show\" tells, not the bare device.");

    CreateCommand(Console console) {
        this.console = console;
        var model = new CommandModel("create", this)
                .usage("vduse create NAME BACKEND [options]", "Has the daemon serve a disk.")
                .description(
                        "Standard output is only the device, once it can be used. The disk lives until \"vduse rm\" "
                                + "or the end of the daemon; with --keep the end of the daemon leaves its device. Several "
                                + "exports may share one backend; one of them may write.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no daemon or no such file, 4 the name is taken, 5 in use,",
                        "6 not possible on this host, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse create db0 db.img --size 10G --queues 2",
                        "  vduse create vm0 db.img --via vhost-user-blk      /run/vduse/vm0.vhost-user-blk, beside the daemon's socket",
                        "  vduse create copy db.img --via nbd --read-only    the same volume, while vm0 writes to it");
        model.parameter("NAME", value -> name = value, "Name of the export, and of its device.")
                .parameter("BACKEND", value -> backend = value, "As for \"vduse run\".");
        options.addTo(model);
        ofDisk = List.copyOf(model.spec().options());
        daemon.addTo(model);
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        var text = BackendText.absolute(backend);
        var params = DiskParams.write(name, text, spec.commandLine().getParseResult(), ofDisk);
        if (options.socket != null && !PassedSocket.isMeant(options.socket)) {
            params.put("socket", Path.of(options.socket).toAbsolutePath().toString());
        }
        try {
            // Here for the better message; the daemon trusts nobody.
            DiskParams.read(params, "auto");
        } catch (RpcException wrong) {
            throw new ParameterException(spec.commandLine(), wrong.getMessage());
        }
        var export = daemon.call("export.create", params, options.wait.plus(BESIDES));
        console.out((output.isJson() ? Json.of(export) : ((Map<?, ?>) export).get("device")) + "\n");
        return ExitCode.OK;
    }
}
