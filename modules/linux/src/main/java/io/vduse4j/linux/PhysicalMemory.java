package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory there is to share out. */
final class PhysicalMemory {
    private PhysicalMemory() {}

    /** {@code struct sysinfo} (linux/sysinfo.h). */
    static final int SYSINFO_SIZE = 112;

    static final int SYSINFO_TOTALRAM = 32;
    static final int SYSINFO_MEM_UNIT = 104;

    /** What the process may have: the property, or a quarter of the machine's or its container's memory. */
    static long processLimit() {
        var property = System.getProperty(MemoryBudget.LIMIT_PROPERTY);
        if (property == null) {
            return Math.min(machine(), container(Path.of("/sys/fs/cgroup/memory.max"))) / 4;
        }
        try {
            return Long.parseLong(property.strip());
        } catch (NumberFormatException problem) {
            throw new IllegalArgumentException(
                    MemoryBudget.LIMIT_PROPERTY + " is not a number of bytes: " + property, problem);
        }
    }

    private static long machine() {
        try (var arena = Arena.ofConfined()) {
            var info = arena.allocate(SYSINFO_SIZE, 8);
            long result = Syscall.call(SyscallNumber.SYSINFO, info.address(), 0, 0);
            if (result < 0) {
                throw new IllegalStateException("sysinfo: " + Errno.name((int) -result));
            }
            return info.get(JAVA_LONG, SYSINFO_TOTALRAM) * Integer.toUnsignedLong(info.get(JAVA_INT, SYSINFO_MEM_UNIT));
        }
    }

    /** The limit that a container of cgroup version 2 sees as its own; the root group has no such file. */
    static long container(Path memoryMax) {
        try {
            var text = Files.readString(memoryMax).strip();
            return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
        } catch (IOException | NumberFormatException notLimited) {
            return Long.MAX_VALUE;
        }
    }
}
