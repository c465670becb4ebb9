package io.vduse4j.cli;

import io.vduse4j.Disk;
import io.vduse4j.daemon.Exports;
import io.vduse4j.daemon.RpcServer;
import io.vduse4j.dataplane.WorkerPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse daemon}: many disks in one process, managed over a socket, until a signal ends it. */
final class DaemonCommand implements Callable<Integer> {
    private static final int MOST_WORKERS = 1024;

    private final Console console;
    private final long began;
    private final CommandSpec spec;
    private Path socket;
    private String host = "auto";
    private int workers = Runtime.getRuntime().availableProcessors();
    private List<Integer> pin = List.of();
    private long pollMicros;

    /**
     * Makes the command.
     *
     * @param began when the process began, in {@link System#nanoTime}
     */
    DaemonCommand(Console console, long began) {
        this.console = console;
        this.began = began;
        var model = new CommandModel("daemon", this)
                .usage(
                        "vduse daemon [options]",
                        "Serves many disks from one process; create, ls, show, resize and rm manage them.")
                .description(
                        "Standard output is the path of the socket, once it listens; everything else goes to "
                                + "standard error.",
                        "It runs until it is told to end (Ctrl-C, SIGTERM, SIGHUP); its disks end with it, but for "
                                + "devices that were created with --keep. A daemon that was killed is followed by one that "
                                + "serves all of its disks again: start it at the same socket.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no such folder, 4 PATH is another file, 5 one runs there, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse daemon &                                  at /run/vduse/daemon.sock, or in $XDG_RUNTIME_DIR",
                        "  vduse daemon --socket /run/tenant.sock --workers 4 --pin 2-5",
                        "  vduse create db0 db.img --size 10G && vduse ls");
        model.option(
                        "--socket",
                        "PATH",
                        Path.class,
                        value -> socket = value,
                        "Where to listen; only processes of the same user can connect. Default: $VDUSE_SOCKET, "
                                + "else /run/vduse/daemon.sock for root and $XDG_RUNTIME_DIR/vduse/daemon.sock for others.")
                .option(
                        "--host",
                        "auto|linux|embedded|PATH",
                        String.class,
                        value -> host = value,
                        "Where VDUSE is, for all disks; as for \"vduse run\". Default auto.")
                .option(
                        "--workers",
                        "N",
                        int.class,
                        value -> workers = value,
                        "Threads that the disks share. Default: one for each processor.")
                .option(
                        "--pin",
                        "CPUS",
                        new CpuList(),
                        value -> pin = value,
                        "Processors that these threads may use, as in 0,2-3.")
                .option(
                        "--poll-us",
                        "N|always",
                        new PollTime(),
                        value -> pollMicros = value,
                        "Microseconds for which an idle one looks before it sleeps; always: it never does. Default 0.");
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        RunChecks.checkHost(spec.commandLine(), host);
        if (workers < 1 || workers > MOST_WORKERS) {
            throw new ParameterException(spec.commandLine(), "--workers " + workers + ": must be 1 to " + MOST_WORKERS);
        }
        var path = DaemonSocket.of(Optional.ofNullable(socket), System.getenv());
        DaemonSocket.makeFolder(path);
        try (var end = new HardEnd(console, "disks may be left; serve them again under their names, and " + path)) {
            var stop = new CountDownLatch(1);
            StopSignals.take(
                    console, end, _ -> stop.countDown(), "a daemon that is told to end leaves its disks behind");
            serve(path, stop);
        }
        return ExitCode.OK;
    }

    /** The socket goes first and the ground last. */
    private void serve(Path path, CountDownLatch stop) throws IOException, InterruptedException {
        long nanos = pollMicros == Disk.POLL_ALWAYS ? Long.MAX_VALUE : pollMicros * 1000;
        var pool = new WorkerPool(
                workers, nanos, pin.stream().mapToInt(Integer::intValue).toArray());
        var saved = new SavedExports(path);
        Set<String> lasting;
        try (var ground = new SharedGround(host, pool);
                var exports = new Exports<RunSettings>()) {
            var methods = new ExportMethods(console, ground, exports, saved, host, path);
            try (var server = RpcServer.listen(path, methods)) {
                methods.restore();
                console.say("daemon: at " + server.path() + ", ready in " + (System.nanoTime() - began) / 1_000_000
                        + " ms");
                console.out(server.path() + "\n");
                // Without a deadline: serving until somebody ends it is the purpose.
                stop.await();
            }
            lasting = methods.lasting();
        }
        // Not if something could not be ended: the next daemon then goes on with all.
        saved.retain(lasting);
    }
}
