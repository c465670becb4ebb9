package io.vduse4j.linux;

/** The way to the kernel, as a whole. */
public final class SystemCalls {
    private SystemCalls() {}

    /**
     * Asks whether there is one. Any thread.
     *
     * @throws UnsupportedOperationException if this is not Linux, or a processor whose system-call numbers are not known
     */
    public static void requireKnown() {
        Architecture.of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /**
     * Links it. The first system call does that anyway; it takes longer than to read a command line, so who is in a hurry has
     * another thread do it meanwhile. Any thread, any number of times; the way must be {@link #requireKnown known}.
     */
    public static void link() {
        Syscall.call(SyscallNumber.CLOSE, -1, 0, 0); // EBADF: nothing happens
    }
}
