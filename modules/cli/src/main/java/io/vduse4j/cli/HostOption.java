package io.vduse4j.cli;

import io.vduse4j.Hosts;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import picocli.CommandLine;

/** The option of commands that look at the devices of a host, whoever serves them. */
final class HostOption {
    private String host = "auto";

    /**
     * Opens the host.
     *
     * @throws CommandLine.ParameterException if it is none whose devices outlive a process
     */
    VduseHost open(CommandLine line) throws IOException {
        if (!host.equals("auto") && !host.equals("linux") && !host.contains("/")) {
            throw new CommandLine.ParameterException(
                    line,
                    "--host " + host
                            + ": must be auto, linux, or the path of a socket of \"vduse kernel\", with a slash in it");
        }
        return Hosts.open(host.equals("auto") ? "linux" : host);
    }

    /** Adds it to a command. */
    void addTo(CommandModel model) {
        model.option(
                "--host",
                "auto|linux|PATH",
                String.class,
                value -> host = value,
                "Where VDUSE is. linux, which auto means here: this machine's kernel; PATH: that of "
                        + "\"vduse kernel --socket PATH\".");
    }
}
