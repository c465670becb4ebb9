package io.vduse4j.cli;

import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The command itself, which only holds the others. */
final class VduseCommand {
    private final CommandSpec spec;

    private VduseCommand() {
        spec = new CommandModel("vduse", this::call)
                .usage("vduse COMMAND [options]", "Disks for containers and virtual machines, through Linux VDUSE.")
                .footer(
                        "Examples:",
                        "  vduse check                           what this host can do, and how to get the rest",
                        "  vduse run disk.img                    a disk from a file: /dev/vdX for this host's containers",
                        "  vduse run memory:1G -- sh -c 'mkfs.ext4 -q $VDUSE_DEV'",
                        "  vduse run disk.img --bus vhost        /dev/vhost-vdpa-N for a virtual machine",
                        "  vduse daemon &                        many disks from one process: create, ls, show, resize, rm",
                        "",
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 exists, 5 busy, 6 not possible on this host, 7 timeout",
                        "\"vduse COMMAND --help\" says more about a command.")
                .help("Say how to use this.")
                .version("Say which version this is.", new VersionText())
                .spec();
    }

    private int call() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: " + String.join(", ", spec.subcommands().keySet()));
    }

    /**
     * Builds the whole command, or only what a command line needs.
     *
     * @param commands by their names, in the order of the help
     * @param args what the user wrote
     */
    static CommandLine commandLine(Console console, Map<String, Supplier<CommandSpec>> commands, String... args) {
        var line = new CommandLine(new VduseCommand().spec);
        if (args.length > 0 && commands.containsKey(args[0])) {
            line.addSubcommand(args[0], commands.get(args[0]).get());
        } else {
            commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
        }
        return line.setOut(console.writer())
                // Asking whether there is a terminal would make each start slower.
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setUsageHelpWidth(110)
                .setUsageHelpLongOptionsMaxWidth(28)
                .setParameterExceptionHandler(new UsageErrors(console))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    console.failure(failure);
                    return ExitCode.of(failure);
                });
    }
}
