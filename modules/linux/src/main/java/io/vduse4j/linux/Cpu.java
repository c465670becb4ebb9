package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.util.Arrays;

/** Which processors a thread runs on. */
public final class Cpu {
    private Cpu() {}

    /** More than any kernel is built for ({@code NR_CPUS}). */
    private static final int MOST = 8192;

    /**
     * Lets the calling platform thread run on these processors only; threads it starts later inherit that.
     *
     * @param cpus at least one number of a processor, as in {@code /proc/cpuinfo}
     * @throws LinuxException EINVAL if none of them can be used here
     */
    public static void pin(int... cpus) throws LinuxException {
        if (cpus.length == 0 || Arrays.stream(cpus).anyMatch(cpu -> cpu < 0 || cpu >= MOST)) {
            throw new IllegalArgumentException("not numbers of processors: " + Arrays.toString(cpus));
        }
        try (var arena = Arena.ofConfined()) {
            var mask = arena.allocate(MOST / 8, 8);
            for (int cpu : cpus) {
                long word = cpu / 64 * 8L;
                mask.set(JAVA_LONG, word, mask.get(JAVA_LONG, word) | 1L << cpu % 64);
            }
            long result = Syscall.call(SyscallNumber.SCHED_SETAFFINITY, 0, mask.byteSize(), mask.address());
            if (result < 0) {
                throw new LinuxException(
                        "pin to processors",
                        Arrays.toString(cpus),
                        (int) -result,
                        result == -Errno.EINVAL ? "none of them is online and allowed by the cpuset" : "");
            }
        }
    }
}
