package io.vduse4j.cli;

import io.vduse4j.vduse.host.remote.KernelServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Model.CommandSpec;

/** {@code vduse kernel}: the kernel half in Java as a process of its own, until a signal ends it. */
final class KernelCommand implements Callable<Integer> {
    private final Console console;
    private final KernelSource kernel;
    private final long began;
    private Path socket;
    private final CommandSpec spec;

    /**
     * Makes the command.
     *
     * @param began when the process began, in {@link System#nanoTime}
     */
    KernelCommand(Console console, KernelSource kernel, long began) {
        this.console = console;
        this.kernel = kernel;
        this.began = began;
        var model = new CommandModel("kernel", this)
                .usage(
                        "vduse kernel --socket PATH",
                        "Runs a VDUSE kernel half in this process, for others to use over a socket.")
                .description(
                        "Its devices outlive the processes that serve them, as those of the Linux kernel do, and end "
                                + "with it.",
                        "It runs until it is told to end (Ctrl-C, SIGTERM, SIGHUP); one line on standard error says "
                                + "that it is ready.")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no such folder, 4 PATH is another file, 5 one runs there, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse kernel --socket /run/vduse-kernel.sock");
        model.requiredOption(
                "--socket",
                "PATH",
                Path.class,
                value -> socket = value,
                "Where to listen; only processes of the same user can connect. It is removed at the end.");
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var stop = new CountDownLatch(1);
        try (var end = new HardEnd(console, socket + " may be left; the next kernel at that path removes it")) {
            StopSignals.take(
                    console, end, _ -> stop.countDown(), "a kernel that is told to end leaves its socket behind");
            try (var host = kernel.open();
                    var server = KernelServer.listen(host, socket)) {
                long millis = (System.nanoTime() - began) / 1_000_000;
                console.say("kernel: " + host.name() + " at " + server.path() + ", ready in " + millis + " ms");
                // Without a deadline: serving until somebody ends it is the purpose.
                stop.await();
            }
        }
        return ExitCode.OK;
    }
}
