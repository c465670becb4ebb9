package io.vduse4j.linux;

/** The way to the kernel, as a whole. */
public final class SystemCalls {
    private SystemCalls() {}

    /**
     * Links it. The first system call does that anyway; it takes longer than to read a command line, so who is in a hurry has
     * another thread do it meanwhile. Any thread, any number of times.
     */
    public static void link() {
        Syscall.call(SyscallNumber.CLOSE, -1, 0, 0); // EBADF: nothing happens
    }
}
