package io.vduse4j.daemon;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON as RFC 8259 writes it and nothing else: no comments, no trailing commas, no names twice in one object, no
 * halves of surrogate pairs. The text may come from anybody: its depth is bounded here, its length by the caller.
 */
public final class JsonReader {
    /** Objects and lists within each other. */
    static final int MAX_DEPTH = 16;

    /** Characters of a fraction; a longer one is none that anybody means. */
    private static final int MAX_NUMBER = 40;

    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    /**
     * Reads one value, which is the whole text but for blanks.
     *
     * @return a {@link String}, {@link Long} (a whole number without exponent), {@link Double} (any other), {@link
     *     Boolean}, {@link Json.Null}, {@link List}, or {@link Map} in the order of the text; neither can be changed
     * @throws JsonException if it is not JSON, goes deeper than 16, or has a number out of range
     */
    public static Object read(String text) throws JsonException {
        var reader = new JsonReader(text);
        reader.skipBlanks();
        var value = reader.value(0);
        if (reader.at < text.length()) {
            throw reader.wrong("something after the value");
        }
        return value;
    }

    private Object value(int depth) throws JsonException {
        if (depth > MAX_DEPTH) {
            throw wrong("deeper than " + MAX_DEPTH);
        }
        var value = switch (peek()) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", Json.Null.NULL);
            default -> number();
        };
        skipBlanks();
        return value;
    }

    private Map<String, Object> object(int depth) throws JsonException {
        var members = new LinkedHashMap<String, Object>();
        at++;
        skipBlanks();
        if (!took('}')) {
            do {
                skipBlanks();
                if (peek() != '"') {
                    throw wrong("a name in quotes is missing");
                }
                var name = string();
                skipBlanks();
                require(':');
                skipBlanks();
                if (members.put(name, value(depth + 1)) != null) {
                    throw wrong("the same name twice in one object");
                }
            } while (took(','));
            require('}');
        }
        return Collections.unmodifiableMap(members);
    }

    private List<Object> list(int depth) throws JsonException {
        var values = new ArrayList<>();
        at++;
        skipBlanks();
        if (!took(']')) {
            do {
                skipBlanks();
                values.add(value(depth + 1));
            } while (took(','));
            require(']');
        }
        return Collections.unmodifiableList(values);
    }

    private Object word(String word, Object value) throws JsonException {
        if (!text.startsWith(word, at)) {
            throw wrong("no value");
        }
        at += word.length();
        return value;
    }

    private Object number() throws JsonException {
        int start = at;
        took('-');
        if (!took('0')) {
            digits();
        }
        boolean whole = true;
        if (took('.')) {
            whole = false;
            digits();
        }
        if (took('e') || took('E')) {
            whole = false;
            if (!took('+')) {
                took('-');
            }
            digits();
        }
        var digits = text.substring(start, at);
        if (whole) {
            return whole(digits);
        }
        return fraction(digits); // not by "?:", which would make a fraction of a whole number
    }

    private Long whole(String digits) throws JsonException {
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException tooLarge) {
            throw wrong("a number out of range");
        }
    }

    private Double fraction(String digits) throws JsonException {
        double number = digits.length() > MAX_NUMBER ? Double.POSITIVE_INFINITY : Double.parseDouble(digits);
        if (Double.isInfinite(number)) {
            throw wrong("a number out of range");
        }
        return number;
    }

    private void digits() throws JsonException {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw wrong(start < text.length() ? "no value" : "it ends too early");
        }
    }

    private String string() throws JsonException {
        var string = new StringBuilder();
        at++;
        while (peek() != '"') {
            char unit = peek();
            if (unit < ' ') {
                throw wrong(at < text.length() ? "a control character in a string" : "it ends within a string");
            }
            at++;
            string.append(unit == '\\' ? escaped() : unit);
        }
        at++;
        for (int i = 0; i < string.length(); i++) {
            if (Character.isSurrogate(string.charAt(i))) {
                // A whole pair is one code point beyond the surrogates.
                if (string.codePointAt(i) < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
                    throw wrong("half a surrogate pair in a string");
                }
                i++;
            }
        }
        return string.toString();
    }

    private char escaped() throws JsonException {
        char kind = peek();
        at++;
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unit();
            default -> throw wrong("no such escape");
        };
    }

    private char unit() throws JsonException {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            char digit = peek();
            // Character.digit takes digits of all scripts.
            int value = digit < 128 ? Character.digit(digit, 16) : -1;
            if (value < 0) {
                throw wrong("four hexadecimal digits are missing");
            }
            unit = unit << 4 | value;
            at++;
        }
        return (char) unit;
    }

    /** The next character; NUL at the end, which is legal nowhere. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean took(char wanted) {
        boolean found = at < text.length() && text.charAt(at) == wanted;
        at += found ? 1 : 0;
        return found;
    }

    private void require(char wanted) throws JsonException {
        if (!took(wanted)) {
            throw wrong("\"" + wanted + "\" is missing");
        }
    }

    private void skipBlanks() {
        while (took(' ') || took('\t') || took('\n') || took('\r')) {
            // Skipped.
        }
    }

    private JsonException wrong(String what) {
        return new JsonException(what + ", at character " + (Math.min(at, text.length()) + 1));
    }
}
