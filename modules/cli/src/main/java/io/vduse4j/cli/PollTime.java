package io.vduse4j.cli;

import io.vduse4j.Disk;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** For how long an idle worker looks at its queues before it sleeps: microseconds, or {@code always}. */
final class PollTime implements ITypeConverter<Long> {
    private static final Pattern MICROS = Pattern.compile("[0-9]{1,7}");
    private static final long MAX_MICROS = 1_000_000;

    @Override
    public Long convert(String text) {
        if (text.equals("always")) {
            return Disk.POLL_ALWAYS;
        }
        long micros = MICROS.matcher(text).matches() ? Long.parseLong(text) : Long.MAX_VALUE;
        if (micros > MAX_MICROS) {
            throw new TypeConversionException(
                    "'" + text + "' is neither \"always\" nor 0 to " + MAX_MICROS + " microseconds");
        }
        return micros;
    }
}
