package io.vduse4j.testkit.hostile;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what is logged under a name, instead of letting it through: a hostile driver is told of ten times a second for
 * each thing that it does. The module under test does not read {@code java.logging}, hence by reflection.
 */
final class LogCount implements AutoCloseable {

    private final Object logger;
    private final Method setFilter;
    private final AtomicLong lines = new AtomicLong();

    LogCount(String name) {
        try {
            Class<?> type = Class.forName("java.util.logging.Logger");
            Class<?> filter = Class.forName("java.util.logging.Filter");
            logger = type.getMethod("getLogger", String.class).invoke(null, name);
            setFilter = type.getMethod("setFilter", filter);
            setFilter.invoke(
                    logger, Proxy.newProxyInstance(filter.getClassLoader(), new Class<?>[] {filter}, (_, _, _) -> {
                        lines.incrementAndGet();
                        return false;
                    }));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    long lines() {
        return lines.get();
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
