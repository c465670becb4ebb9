package io.vduse4j.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What picocli knows of a command, told call by call. Annotations would say the same, but to read those of one command takes
 * as long as all the rest of a start.
 *
 * <p>Options and parameters are listed in the order in which they are added. Each hands its value to whom it is given with
 * it, while the command line is read; one that is not there hands over nothing. An option's names are separated by a comma.
 */
final class CommandModel {
    private final CommandSpec spec;

    /**
     * Begins.
     *
     * @param name as the user writes it
     * @param command what runs once everything is read
     */
    CommandModel(String name, Callable<Integer> command) {
        spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage()
                .sortOptions(false)
                .synopsisHeading("Usage: ")
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nCommands:%n");
    }

    /**
     * Sets the first lines of the help.
     *
     * @param synopsis all of the command line
     * @param header what the command does
     */
    CommandModel usage(String synopsis, String header) {
        spec.usageMessage().customSynopsis(synopsis).header(header);
        return this;
    }

    /** Sets what follows these lines. */
    CommandModel description(String... lines) {
        spec.usageMessage().description(afterEmptyLine(lines));
        return this;
    }

    /** Sets what stands above the parameters. */
    CommandModel parameterHeading(String heading) {
        spec.usageMessage().parameterListHeading("%n" + heading + "%n");
        return this;
    }

    /** Sets the end of the help. */
    CommandModel footer(String... lines) {
        spec.usageMessage().footer(afterEmptyLine(lines));
        return this;
    }

    private static String[] afterEmptyLine(String... lines) {
        return Stream.concat(Stream.of(""), Stream.of(lines)).toArray(String[]::new);
    }

    /** Adds a parameter that must be there, behind those that are there already. */
    CommandModel parameter(String label, Consumer<String> to, String... description) {
        return parameter(label, text -> text, to, description);
    }

    /** As above, of another type. */
    <V> CommandModel parameter(String label, ITypeConverter<V> converter, Consumer<V> to, String... description) {
        return add(
                PositionalParamSpec.builder()
                        .index(Integer.toString(spec.positionalParameters().size()))
                        .arity("1")
                        .required(true)
                        .paramLabel(label)
                        .description(description)
                        .type(Object.class)
                        .converters(converter),
                to);
    }

    /** Adds any number of further parameters; without a description they are not listed. */
    CommandModel words(String label, Consumer<List<String>> to, String... description) {
        return add(
                PositionalParamSpec.builder()
                        .index(spec.positionalParameters().size() + "..*")
                        .arity("0..*")
                        .hidden(description.length == 0)
                        .paramLabel(label)
                        .description(description)
                        .type(List.class)
                        .auxiliaryTypes(String.class),
                to);
    }

    /** Adds an option whose value is of a type that picocli knows. */
    <V> CommandModel option(String names, String label, Class<V> type, Consumer<V> to, String... description) {
        return add(named(names, description).paramLabel(label).arity("1").type(type), to);
    }

    /** Adds an option whose value is read by a converter. */
    <V> CommandModel option(
            String names, String label, ITypeConverter<V> converter, Consumer<V> to, String... description) {
        return add(
                named(names, description)
                        .paramLabel(label)
                        .arity("1")
                        .type(Object.class)
                        .converters(converter),
                to);
    }

    /** As {@link #option(String, String, Class, Consumer, String...)}; without it the command is not run. */
    <V> CommandModel requiredOption(String names, String label, Class<V> type, Consumer<V> to, String... description) {
        return add(
                named(names, description)
                        .paramLabel(label)
                        .arity("1")
                        .required(true)
                        .type(type),
                to);
    }

    /** Adds an option without a value. */
    CommandModel flag(String names, Consumer<Boolean> to, String... description) {
        return add(named(names, description).arity("0").type(boolean.class), to);
    }

    /** Adds the options that every command has, to say how it is used and what happens. */
    CommandModel common(Console console) {
        // --verbose takes effect while the other options are read, so that their errors are shown in full, too.
        return help("Say how to use this command.")
                .flag(
                        "-v,--verbose",
                        console::verbose,
                        "Say on standard error what happens, and where an error comes from.");
    }

    /** Adds the option that shows the help in place of the command. */
    CommandModel help(String description) {
        spec.addOption(named("-h,--help", description)
                .usageHelp(true)
                .arity("0")
                .type(boolean.class)
                .build());
        return this;
    }

    /** Adds the option that shows the version in place of the command. */
    CommandModel version(String description, IVersionProvider version) {
        spec.versionProvider(version)
                .addOption(named("-V,--version", description)
                        .versionHelp(true)
                        .arity("0")
                        .type(boolean.class)
                        .build());
        return this;
    }

    private static OptionSpec.Builder named(String names, String... description) {
        return OptionSpec.builder(names.split(",", -1)).description(description);
    }

    private <V> CommandModel add(OptionSpec.Builder option, Consumer<V> to) {
        var value = new Value<V>(to);
        spec.addOption(option.getter(value).setter(value).hasInitialValue(false).build());
        return this;
    }

    private <V> CommandModel add(PositionalParamSpec.Builder parameter, Consumer<V> to) {
        var value = new Value<V>(to);
        spec.addPositional(
                parameter.getter(value).setter(value).hasInitialValue(false).build());
        return this;
    }

    /** What picocli is to be given. */
    CommandSpec spec() {
        return spec;
    }

    /** The value of an option: picocli asks for that of a list when there is another item. */
    private static final class Value<V> implements IGetter, ISetter {
        private final Consumer<V> to;
        private Object last;

        Value(Consumer<V> to) {
            this.to = to;
        }

        @Override
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // picocli's signature
        public <T> T get() {
            return (T) last;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> T set(T value) {
            T before = (T) last;
            last = value;
            to.accept((V) value);
            return before;
        }
    }
}
