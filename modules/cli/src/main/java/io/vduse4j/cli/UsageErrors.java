package io.vduse4j.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what is wrong with a command line. */
record UsageErrors(Console console) implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        var command = failure.getCommandLine();
        var name = command.getCommandSpec().qualifiedName();
        var what = failure instanceof UnmatchedArgumentException unmatched
                ? unmatched(command, unmatched)
                : failure.getMessage();
        console.say(what + "; see \"" + name + " --help\"");
        return ExitCode.USAGE;
    }

    private static String unmatched(CommandLine command, UnmatchedArgumentException failure) {
        var word = failure.getUnmatched().getFirst();
        boolean isOption = failure.isUnknownOption();
        boolean isCommand = !isOption && !command.getSubcommands().isEmpty();
        var what = isOption ? "there is no option " : isCommand ? "there is no command " : "one word too many: ";
        return what + word + meant(failure.getSuggestions());
    }

    private static String meant(List<String> suggestions) {
        return suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?";
    }
}
