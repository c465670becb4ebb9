package io.vduse4j.testkit.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** CPU time of threads, exactly as the scheduler counts it ({@code /proc/PID/task/TID/schedstat}). */
final class ThreadTimes {
    private ThreadTimes() {}

    /**
     * Adds up what the threads of a process have used.
     *
     * @param process its number, or {@code self}
     * @param names which threads, by the names that the kernel knows, of at most 15 characters
     * @return nanoseconds; a thread that has ended does not count any more
     */
    static long nanos(String process, Predicate<String> names) throws IOException {
        long sum = 0;
        try (var tasks = Files.newDirectoryStream(Path.of("/proc", process, "task"))) {
            for (var task : tasks) {
                sum += names.test(read(task.resolve("comm")).strip()) ? running(read(task.resolve("schedstat"))) : 0;
            }
        }
        return sum;
    }

    /** Empty for a thread that has ended meanwhile. */
    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException ended) {
            return "";
        }
    }

    /** The first of its figures. */
    private static long running(String schedstat) {
        int end = schedstat.indexOf(' ');
        return end < 0 ? 0 : Long.parseLong(schedstat.substring(0, end));
    }
}
