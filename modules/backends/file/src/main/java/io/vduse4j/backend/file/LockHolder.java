package io.vduse4j.backend.file;

import io.vduse4j.linux.FileStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Finds out who holds the lock of a file, as well as {@code /proc/locks} tells: for a message, and for how long it is worth
 * while to wait.
 */
final class LockHolder {
    private static final Path LOCKS = Path.of("/proc/locks");

    /** Bit of signal 9 in a mask of pending signals. */
    private static final long SIGKILL = 1L << 8;

    private LockHolder() {}

    /** Returns a phrase such as {@code process 4711 (qemu-nbd)}. */
    static String of(FileStatus status) {
        try {
            for (var pid : pids(Files.readAllLines(LOCKS), status)) {
                return "process " + pid + name(pid);
            }
        } catch (IOException unreadable) {
            return "a process that cannot be told (" + unreadable.getMessage() + ")";
        }
        return "a process that cannot be told";
    }

    /** Whether all who hold it were killed, and the kernel still works on their last requests. */
    static boolean isDying(FileStatus status) {
        try {
            var pids = pids(Files.readAllLines(LOCKS), status);
            return !pids.isEmpty() && pids.stream().allMatch(LockHolder::isDying);
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Gone, waited for by its parent, or with a SIGKILL that its last system call keeps from it (proc_pid_status(5)). */
    private static boolean isDying(String pid) {
        try {
            return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
                    .anyMatch(line -> line.matches("State:\\s+[ZX].*")
                            || (line.startsWith("ShdPnd:")
                                    && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGKILL) != 0));
        } catch (IOException gone) {
            return true;
        }
    }

    /** Lines are {@code 1: FLOCK ADVISORY WRITE 4711 fe:00:393223 0 EOF}; of those that wait, the second word is an arrow. */
    static List<String> pids(List<String> lines, FileStatus status) {
        String file = String.format(
                Locale.ROOT, "%02x:%02x:%d", status.fileSystemMajor(), status.fileSystemMinor(), status.inode());
        return lines.stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length >= 6 && words[1].equals("FLOCK") && words[5].equals(file))
                .map(words -> words[4])
                // 0 and less: it lives in another PID namespace.
                .filter(pid -> pid.matches("[1-9][0-9]*"))
                .toList();
    }

    private static String name(String pid) {
        try {
            return " (" + Files.readString(Path.of("/proc", pid, "comm")).strip() + ")";
        } catch (IOException gone) {
            return " (gone; the kernel still works on its requests)";
        }
    }
}
