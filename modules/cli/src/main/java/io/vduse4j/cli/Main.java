package io.vduse4j.cli;

import io.vduse4j.Hosts;
import io.vduse4j.linux.SystemCalls;
import io.vduse4j.vduse.host.linux.HostCheck;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/** The {@code vduse} command. */
public final class Main {
    /** A reader of standard error that hangs does not keep the process. */
    private static final Duration LAST_LINES = Duration.ofSeconds(1);

    private Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args what the user wrote after {@code vduse}
     */
    public static void main(String[] args) {
        var err = stream(FileDescriptor.err);
        try {
            SystemCalls.requireKnown();
        } catch (UnsupportedOperationException unknown) {
            err.println("vduse: " + unknown.getMessage());
            err.flush();
            System.exit(ExitCode.NOT_POSSIBLE);
        }
        Thread.ofPlatform().daemon().name("linker").start(SystemCalls::link);
        System.exit(execute(stream(FileDescriptor.out), err, args));
    }

    /** Of UTF-8 whatever the locale says: what is written outside of ASCII would be question marks in a bare one. */
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    /**
     * Runs the command in this process. Once a disk is to be served, SIGTERM, SIGINT and SIGHUP are taken.
     *
     * @param out standard output
     * @param err standard error
     * @param args what the user wrote after {@code vduse}
     * @return the exit code
     */
    static int execute(PrintStream out, PrintStream err, String... args) {
        var console = new Console(out, err);
        return execute(console, new DiskServer(console, Ground.OWN), args);
    }

    /** As {@link #execute(PrintStream, PrintStream, String...)}, with another way to serve disks: for tests. */
    static int execute(Console console, DiskServing serving, String... args) {
        return execute(console, serving, () -> Hosts.open("embedded"), args);
    }

    /** As above, with another kernel to serve: for tests. */
    static int execute(Console console, DiskServing serving, KernelSource kernel, String... args) {
        ConsoleLoggers.sendTo(console);
        long began = System.nanoTime();
        var commands = new LinkedHashMap<String, Supplier<CommandSpec>>();
        commands.put("check", () -> new CheckCommand(console, HostCheck::run).spec());
        commands.put("run", () -> new RunCommand(console, serving, began).spec());
        commands.put("daemon", () -> new DaemonCommand(console, began).spec());
        commands.put("create", () -> new CreateCommand(console).spec());
        commands.put("ls", () -> new LsCommand(console).spec());
        commands.put("show", () -> new ShowCommand(console).spec());
        commands.put("resize", () -> new ResizeCommand(console).spec());
        commands.put("rm", () -> new RmCommand(console).spec());
        commands.put("backend", () -> new BackendCommand(console).spec());
        commands.put("recover", () -> new RecoverCommand(console).spec());
        commands.put("abort", () -> new AbortCommand(console).spec());
        commands.put("gc", () -> new GcCommand(console).spec());
        commands.put("kernel", () -> new KernelCommand(console, kernel, began).spec());
        commands.put("bench", () -> new BenchCommand(console).spec());
        var line = VduseCommand.commandLine(console, commands, args);
        int code = line.execute(args);
        console.drain(LAST_LINES);
        return code;
    }
}
