package io.vduse4j.dataplane.harness;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes what is logged under a name, instead of letting it through. The module under test does not read {@code
 * java.logging}, hence by reflection.
 */
public final class LogTap implements AutoCloseable {

    private final Object logger;
    private final Method setFilter;
    private final List<String> lines = new ArrayList<>();

    /** Begins to take. */
    public LogTap(Class<?> logs) {
        this(logs.getName());
    }

    /** Begins to take. */
    public LogTap(String name) {
        try {
            Class<?> type = Class.forName("java.util.logging.Logger");
            Class<?> filter = Class.forName("java.util.logging.Filter");
            logger = type.getMethod("getLogger", String.class).invoke(null, name);
            setFilter = type.getMethod("setFilter", filter);
            setFilter.invoke(
                    logger,
                    Proxy.newProxyInstance(filter.getClassLoader(), new Class<?>[] {filter}, (_, _, arguments) -> {
                        take(arguments[0]);
                        return false;
                    }));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private synchronized void take(Object entry) throws ReflectiveOperationException {
        Class<?> type = entry.getClass();
        String text = (String) type.getMethod("getMessage").invoke(entry);
        Object[] parameters = (Object[]) type.getMethod("getParameters").invoke(entry);
        Object thrown = type.getMethod("getThrown").invoke(entry);
        String line = parameters == null || parameters.length == 0 ? text : MessageFormat.format(text, parameters);
        lines.add(thrown == null ? line : line + ": " + thrown);
    }

    /** What was logged so far. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        try {
            setFilter.invoke(logger, (Object) null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
