package io.vduse4j.cli;

import io.vduse4j.daemon.Json;

/**
 * Makes one harmless line of any text: names, serials and messages from outside may hold line breaks and the escape
 * sequences of terminals (T8).
 */
final class Printable {
    private Printable() {}

    /** Longest line that is written, in characters; a path of 4096 bytes would hide what is said about it. */
    static final int MAX_LINE = 2000;

    private static final String CUT = "...";

    /**
     * Returns the text with every control character, format character and lone surrogate written as an escape
     * ({@code \n}, {@code \u001b}), cut to {@value #MAX_LINE} characters. A backslash stays: names of devices and files
     * are shown as they are.
     */
    static String line(String text) {
        var line = new StringBuilder(Math.min(text.length(), MAX_LINE) + 16);
        for (int at = 0; at < text.length() && line.length() < MAX_LINE; ) {
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            append(line, point);
        }
        return line.length() < MAX_LINE ? line.toString() : line.substring(0, MAX_LINE - CUT.length()) + CUT;
    }

    private static void append(StringBuilder line, int point) {
        switch (point) {
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (isHarmless(point)) {
                    line.appendCodePoint(point);
                } else if (Character.isBmpCodePoint(point)) {
                    Json.escape(line, (char) point);
                } else {
                    Json.escape(line, Character.highSurrogate(point));
                    Json.escape(line, Character.lowSurrogate(point));
                }
            }
        }
    }

    /** Format characters are among the others: they can turn the direction of a line and hide parts of it. */
    private static boolean isHarmless(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
