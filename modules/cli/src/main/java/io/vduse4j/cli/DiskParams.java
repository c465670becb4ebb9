package io.vduse4j.cli;

import io.vduse4j.daemon.RpcException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * A disk as the parameters of a call: the names are those of the options without their dashes, and both are read by the
 * same rules.
 */
final class DiskParams {
    private static final Pattern OPTION = Pattern.compile("[a-z]+(-[a-z]+)*");

    private DiskParams() {}

    /**
     * Writes what a user wrote.
     *
     * @param parsed the command line
     * @param options those of a disk
     */
    static Map<String, Object> write(String name, String backend, ParseResult parsed, List<OptionSpec> options) {
        var params = new LinkedHashMap<String, Object>();
        params.put("name", name);
        params.put("backend", backend);
        for (var option : options) {
            var longest = option.longestName();
            if (parsed.hasMatchedOption(longest)) {
                params.put(
                        longest.substring(2),
                        option.arity().max() == 0
                                ? true
                                : option.originalStringValues().getLast());
            }
        }
        return params;
    }

    /**
     * Reads and checks them.
     *
     * @param host of the daemon
     * @throws RpcException if something is wrong with them
     */
    static RunSettings read(Map<String, Object> params, String host) throws RpcException {
        var values = new Params(params);
        var name = values.text("name");
        var backend = values.text("backend");
        var fault = DeviceName.fault(name);
        if (!fault.isEmpty()) {
            throw Params.invalid("name " + name + ": " + fault);
        }
        if (BackendText.isFile(backend) && !backend.equals(BackendText.absolute(backend))) {
            throw Params.invalid("backend " + backend + ": a file must be given as file: and its absolute path");
        }
        var arguments = arguments(params);
        var options = new RunOptions();
        var model = new CommandModel("export.create", () -> ExitCode.OK);
        options.addTo(model);
        // What a client writes is never the name of a file of arguments.
        var line = new CommandLine(model.spec()).setExpandAtFiles(false);
        try {
            line.parseArgs(arguments.toArray(String[]::new));
            var settings = new RunChecks(line, backend, options).settings(Optional.of(name), host);
            if (settings.passed().isPresent()) {
                // Its number would be one of the daemon's own descriptors.
                throw Params.invalid("--socket " + options.socket
                        + ": a daemon listens at a path; sockets are passed to \"vduse run\"");
            }
            return settings;
        } catch (ParameterException wrong) {
            throw Params.invalid(wrong.getMessage());
        }
    }

    private static List<String> arguments(Map<String, Object> params) throws RpcException {
        var arguments = new ArrayList<String>();
        for (var param : params.entrySet()) {
            var name = param.getKey();
            if (name.equals("name") || name.equals("backend")) {
                continue;
            }
            if (!OPTION.matcher(name).matches()) {
                throw Params.invalid("there is no parameter \"" + name + "\"");
            }
            switch (param.getValue()) {
                case String text -> arguments.add("--" + name + "=" + text);
                case Long number -> arguments.add("--" + name + "=" + number);
                case Boolean wanted -> {
                    if (wanted) {
                        arguments.add("--" + name);
                    }
                }
                default -> throw Params.invalid("\"" + name + "\" must be a string, a whole number or a boolean");
            }
        }
        return arguments;
    }
}
