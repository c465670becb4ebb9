package io.vduse4j.dataplane.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What threads and the process use. By reflection: the module under test does not read {@code jdk.management}. */
public final class Usage {

    private Usage() {}

    /** Bytes that a thread has ever allocated on the heap. */
    public static long allocatedBytes(Thread thread) {
        return ask("com.sun.management.ThreadMXBean", "getThreadAllocatedBytes", thread);
    }

    /** Nanoseconds that a thread has ever been on a CPU. */
    public static long cpuNanos(Thread thread) {
        return ask("java.lang.management.ThreadMXBean", "getThreadCpuTime", thread);
    }

    private static long ask(String type, String method, Thread thread) {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName(type).getMethod(method, long.class).invoke(bean, thread.threadId());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /** The live thread of this name. */
    public static Thread thread(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no thread " + name));
    }

    /** How many live threads have a name that begins so. */
    public static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    /** How many descriptors the process has open. */
    public static long descriptors() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many mappings of a memfd of this name the process has. */
    public static long mappings(String name) {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("/memfd:" + name)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
