package io.vduse4j.daemon;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Writes JSON (RFC 8259) on one line. Everything outside of printable ASCII is escaped, so the text is safe for any
 * terminal and any encoding (D5). {@link JsonReader} reads it.
 */
public final class Json {
    private Json() {}

    private static final String HEX = "0123456789abcdef";

    /** The value {@code null}. */
    public enum Null {
        /** The only one. */
        NULL
    }

    /**
     * Writes a value.
     *
     * @param value a string, whole number, boolean, {@link Null}, list, or map with strings as keys; a map is written in
     *     its own order
     * @throws IllegalArgumentException for anything else
     */
    public static String of(Object value) {
        var json = new StringBuilder();
        write(json, value);
        return json.toString();
    }

    private static void write(StringBuilder json, Object value) {
        switch (value) {
            case String text -> string(json, text);
            case Long number -> json.append(number.longValue());
            case Integer number -> json.append(number.intValue());
            case Boolean truth -> json.append(truth.booleanValue());
            case Null _ -> json.append("null");
            case List<?> list -> list(json, list.iterator());
            case Map<?, ?> map -> object(json, map);
            default -> throw new IllegalArgumentException("not written as JSON: " + value.getClass());
        }
    }

    private static void list(StringBuilder json, Iterator<?> values) {
        json.append('[');
        while (values.hasNext()) {
            write(json, values.next());
            json.append(values.hasNext() ? "," : "");
        }
        json.append(']');
    }

    private static void object(StringBuilder json, Map<?, ?> members) {
        json.append('{');
        var separator = "";
        for (var member : members.entrySet()) {
            json.append(separator);
            string(json, (String) member.getKey());
            json.append(':');
            write(json, member.getValue());
            separator = ",";
        }
        json.append('}');
    }

    private static void string(StringBuilder json, String text) {
        json.append('"');
        for (int at = 0; at < text.length(); at++) {
            char unit = text.charAt(at);
            switch (unit) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (unit >= ' ' && unit <= '~') {
                        json.append(unit);
                    } else {
                        escape(json, unit);
                    }
                }
            }
        }
        json.append('"');
    }

    /** Appends {@code \}{@code u} and four hexadecimal digits. */
    public static void escape(StringBuilder text, char unit) {
        text.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            text.append(HEX.charAt((unit >> shift) & 0xf));
        }
    }
}
