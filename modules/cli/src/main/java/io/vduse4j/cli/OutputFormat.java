package io.vduse4j.cli;

import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What standard output looks like. */
enum OutputFormat {
    /** For people. */
    TABLE,
    /** For programs: one JSON value on one line. */
    JSON;

    /** Reads the value of {@code -o}. */
    static final class Converter implements ITypeConverter<OutputFormat> {
        @Override
        public OutputFormat convert(String text) {
            return switch (text) {
                case "table" -> TABLE;
                case "json" -> JSON;
                default -> throw new TypeConversionException("'" + text + "' is none of " + List.of("table", "json"));
            };
        }
    }
}
