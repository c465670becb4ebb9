package io.vduse4j.durability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;

/** What {@code strace -f -ttt} has written, as calls with a beginning and an end. */
final class SystemCalls {

    /**
     * One call.
     *
     * @param name of the call
     * @param text its arguments and result
     * @param start when it began, in seconds
     * @param end when strace saw it end, in seconds; its start where nothing came between
     */
    record Call(String name, String text, double start, double end) {
        boolean succeeded() {
            return !text.contains("= -1 ");
        }
    }

    private static final Pattern LINE = Pattern.compile("(\\d+) +(\\d+\\.\\d+) (.*)");
    private static final Pattern BEGINNING = Pattern.compile("(\\w+)\\((.*) <unfinished \\.\\.\\.>");
    private static final Pattern END = Pattern.compile("<\\.\\.\\. (\\w+) resumed>(.*)");
    private static final Pattern WHOLE = Pattern.compile("(\\w+)\\((.*)");

    private record Begun(String text, double start) {}

    private SystemCalls() {}

    /** Reads a file of strace, in the order of the ends. */
    static List<Call> read(Path file) throws IOException {
        var calls = new ArrayList<Call>();
        var begun = new HashMap<String, Begun>();
        for (var line : Files.readAllLines(file)) {
            var matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            var thread = matcher.group(1);
            double time = Double.parseDouble(matcher.group(2));
            var rest = matcher.group(3);
            var beginning = BEGINNING.matcher(rest);
            var end = END.matcher(rest);
            var whole = WHOLE.matcher(rest);
            if (beginning.matches()) {
                begun.put(thread, new Begun(beginning.group(2), time));
            } else if (end.matches()) {
                var first = begun.remove(thread);
                calls.add(new Call(end.group(1), first.text + end.group(2), first.start, time));
            } else if (whole.matches()) {
                calls.add(new Call(whole.group(1), whole.group(2), time, time));
            }
        }
        return calls;
    }
}
