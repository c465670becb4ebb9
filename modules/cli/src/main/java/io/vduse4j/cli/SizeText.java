package io.vduse4j.cli;

import io.vduse4j.block.Sizes;
import io.vduse4j.linux.LinuxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes on the command line and in the line that says that a disk is ready. */
final class SizeText implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            return Sizes.parse(text);
        } catch (LinuxException refused) {
            throw new TypeConversionException("'" + text + "' is not a size such as 4096, 512M or 1G");
        }
    }

    /** Returns a size exactly, in the largest unit that divides it: {@code 256 MiB}. */
    static String of(long bytes) {
        if (bytes == 0) {
            return "0 bytes";
        }
        var text = Sizes.format(bytes);
        int last = text.length() - 1;
        char unit = text.charAt(last);
        return Character.isDigit(unit) ? text + " bytes" : text.substring(0, last) + " " + unit + "iB";
    }
}
