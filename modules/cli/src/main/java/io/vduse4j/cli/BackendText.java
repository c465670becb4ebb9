package io.vduse4j.cli;

import java.nio.file.Path;

/** Backends as users write them: by the rule by which they are opened, a scheme has no slash before its colon. */
final class BackendText {
    private static final String FILE = "file:";

    private BackendText() {}

    /** Whether it names a file, with its scheme or without. */
    static boolean isFile(String text) {
        return isPath(text) || text.startsWith(FILE);
    }

    /** Whether it is a path without a scheme. */
    static boolean isPath(String text) {
        int colon = text.indexOf(':');
        return colon < 0 || text.lastIndexOf('/', colon) >= 0;
    }

    /** Returns what means the same in a process that works in another folder. */
    static String absolute(String text) {
        if (!isFile(text)) {
            return text;
        }
        return FILE
                + Path.of(isPath(text) ? text : text.substring(FILE.length())).toAbsolutePath();
    }
}
