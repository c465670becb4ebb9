package io.vduse4j.cli;

import java.text.MessageFormat;
import java.util.ResourceBundle;

/**
 * Sends what the modules log ({@link System.Logger}) to the {@link Console}: warnings and errors, and everything of ours
 * with -v. Found by {@link java.util.ServiceLoader}; it spares java.util.logging and its two lines a record.
 */
public final class ConsoleLoggers extends System.LoggerFinder {
    private static final String OURS = "io.vduse4j";

    /** The JDK makes loggers before and beside any console; until there is one, nobody can have asked for anything. */
    private static volatile Console console = new Console(System.out, System.err);

    /** Made by {@link java.util.ServiceLoader}. */
    public ConsoleLoggers() {}

    /** Names where lines go from now on. */
    static void sendTo(Console target) {
        console = target;
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new ConsoleLogger(name);
    }

    private record ConsoleLogger(String name) implements System.Logger {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            if (level == Level.OFF) {
                return false;
            }
            boolean wanted = console.isVerbose() && name.startsWith(OURS);
            return wanted || level.getSeverity() >= Level.WARNING.getSeverity();
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            if (isLoggable(level)) {
                console.say(thrown == null ? message : message + ": " + ErrorLine.of(thrown));
            }
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
            if (isLoggable(level)) {
                boolean plain = parameters == null || parameters.length == 0;
                console.say(plain ? format : MessageFormat.format(format, parameters));
            }
        }
    }
}
