package io.vduse4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse run}: reads and checks what the user wrote; nothing is created before everything was checked. */
final class RunCommand implements Callable<Integer> {
    private final Console console;
    private final DiskServing serving;
    private final long began;
    private final CommandSpec spec;
    private String backend;
    private List<String> command = List.of();
    private String name;
    private String host = "auto";
    private final RunOptions options = new RunOptions();
    private final OutputOption output =
            new OutputOption("json: an object with device, name, size and backend, not the bare device.");

    RunCommand(Console console, DiskServing serving, long began) {
        this.console = console;
        this.serving = serving;
        this.began = began;
        var model = new CommandModel("run", this)
                .usage("vduse run BACKEND [options] [-- COMMAND [ARGUMENT...]]", "Serves one disk in the foreground.")
                .description(
                        "Standard output is only the device, once it can be used; everything else goes to standard "
                                + "error.",
                        "The disk lives until the process is told to end (Ctrl-C, SIGTERM, SIGHUP) or COMMAND has "
                                + "ended.",
                        "A device of NAME that a killed or ended process has left is taken over: its driver goes on.",
                        "COMMAND finds the device in $VDUSE_DEV and its name in $VDUSE_NAME; vduse ends with its "
                                + "exit code.")
                .parameterHeading("Backends:")
                .footer(
                        "Sizes are bytes, or a number with k, M, G or T (of 1024); times are as in 500ms, 10s, 2m.",
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 exists, 5 busy, 6 not possible on this host, 7 timeout",
                        "",
                        "Examples:",
                        "  vduse run disk.img                              a file as /dev/vdX, until Ctrl-C",
                        "  vduse run new.img --size 10G --queues 4         makes the file if there is none",
                        "  vduse run memory:1G -- sh -c 'mkfs.ext4 -q $VDUSE_DEV && mount $VDUSE_DEV /mnt && exec bash'",
                        "  vduse run /dev/sdb --bus vhost --read-only      /dev/vhost-vdpa-N for a virtual machine",
                        "  vduse run disk.img --via vhost-user-blk --socket /run/vm.sock    for QEMU's -device vhost-user-blk-pci",
                        "  vduse run disk.img --name db0 --keep            kill it, start it anew: /dev/vdX only waits meanwhile",
                        "  vduse run disk.img --via nbd -- sh -c 'nbdinfo $VDUSE_DEV'",
                        "  exec 3< <(vduse run disk.img); read -r dev <&3  waits until the disk is there; kill $! ends it");
        model.parameter(
                        "BACKEND",
                        value -> backend = value,
                        "PATH or file:PATH  a file or a block device",
                        "memory:SIZE        memory of this process, gone with it",
                        "null:SIZE          reads zeroes and forgets what is written",
                        "nbd://HOST:PORT/EXPORT, nbd+unix:///EXPORT?socket=PATH",
                        "                   an export of an NBD server; ?reconnect=60 seconds to wait for one that is gone")
                .words("WORD", value -> command = value)
                .option(
                        "--name",
                        "NAME",
                        String.class,
                        value -> name = value,
                        "Name of the device; disk-FILE if not given.")
                .option(
                        "--host",
                        "auto|linux|embedded|PATH",
                        String.class,
                        value -> host = value,
                        "Where VDUSE is. linux: this machine's kernel; embedded: a kernel half in this process, "
                                + "for machines without VDUSE, whose disk is an NBD socket; PATH: that of \"vduse kernel "
                                + "--socket PATH\", which outlives this process; auto, the default: linux where it can be "
                                + "used, else embedded.");
        options.addTo(model);
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        checkCommand();
        var settings = new RunChecks(spec.commandLine(), backend, options).settings(Optional.ofNullable(name), host);
        if (!command.isEmpty()) {
            Program.require(command.getFirst());
        }
        return new Foreground(console, serving, settings, command, output.format(), began).run();
    }

    /** A word beside the backend is a mistake, not a command, unless it comes after the two dashes. */
    private void checkCommand() {
        var words = spec.commandLine().getParseResult().originalArgs();
        int separator = words.indexOf("--");
        int after = separator < 0 ? 0 : words.size() - separator - 1;
        if (separator >= 0 && after == 0) {
            throw new ParameterException(spec.commandLine(), "a command is missing after --");
        }
        if (command.size() > after) {
            throw new ParameterException(
                    spec.commandLine(), "one word too many: " + command.getFirst() + "; a command comes after --");
        }
    }
}
