package io.vduse4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what is wrong with a command line. */
record UsageErrors(Console console) implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        var command = failure.getCommandLine();
        var what = failure instanceof UnmatchedArgumentException unmatched
                ? unmatched(command, unmatched)
                : uncapitalized(failure.getMessage()) + "; see ";
        console.say(what + "\"" + command.getCommandSpec().qualifiedName() + " --help\"");
        return ExitCode.USAGE;
    }

    private static String unmatched(CommandLine command, UnmatchedArgumentException failure) {
        boolean isOption = failure.isUnknownOption();
        boolean isCommand = !isOption && !command.getSubcommands().isEmpty();
        var what = isOption ? "there is no option " : isCommand ? "there is no command " : "one word too many: ";
        var meant = failure.getSuggestions();
        return what
                + failure.getUnmatched().getFirst()
                + (meant.isEmpty() ? "; see " : "; did you mean " + String.join(" or ", meant) + "? See ");
    }

    private static String uncapitalized(String message) {
        return Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }
}
