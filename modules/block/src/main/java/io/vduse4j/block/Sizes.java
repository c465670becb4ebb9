package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 512M}, {@code 1G}, {@code 64k}, plain bytes. The units are binary. */
public final class Sizes {
    private Sizes() {}

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,19})([kKmMgGtTpPeE]?)");
    private static final String UNITS = "KMGTPE";

    /**
     * Reads a size.
     *
     * @param text digits and at most one of the letters k, m, g, t, p, e in either case; each stands for 1024 of the one
     *     before
     * @return bytes, more than 0
     * @throws LinuxException EINVAL for anything else, 0 and what exceeds 63 bits
     */
    public static long parse(String text) throws LinuxException {
        var matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw refused(text, "a size is bytes or a number with one of k, M, G, T, as in 512M or 1G");
        }
        String unit = matcher.group(2);
        int shift = unit.isEmpty() ? 0 : 10 * (1 + UNITS.indexOf(Character.toUpperCase(unit.charAt(0))));
        long number;
        try {
            number = Long.parseLong(matcher.group(1));
        } catch (NumberFormatException tooLong) {
            throw refused(text, "more than 63 bits");
        }
        if (number > Long.MAX_VALUE >> shift) {
            throw refused(text, "more than 63 bits");
        }
        if (number == 0) {
            throw refused(text, "a size is more than 0");
        }
        return number << shift;
    }

    /**
     * Writes a size so that {@link #parse} reads the same: with the largest unit that divides it.
     *
     * @param bytes more than 0
     */
    public static String format(long bytes) {
        int unit = Math.min(Long.numberOfTrailingZeros(bytes) / 10, UNITS.length());
        return (bytes >> (10 * unit)) + (unit == 0 ? "" : UNITS.substring(unit - 1, unit));
    }

    private static LinuxException refused(String text, String hint) {
        return new LinuxException("size", "\"" + text + "\"", Errno.EINVAL, hint);
    }
}
