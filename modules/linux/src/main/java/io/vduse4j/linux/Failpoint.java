package io.vduse4j.linux;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Named places at which a process can be made to die as by {@code kill -9}, so that what follows a death there can be
 * tested: {@code -Dvduse4j.failpoint=NAME:N} ends the process when the place is reached for the Nth time. Without
 * the property a place costs nothing once its code is compiled.
 */
public final class Failpoint {

    private static final String ARMED = System.getProperty("vduse4j.failpoint", "");
    private static final boolean IS_ARMED = !ARMED.isEmpty();
    private static final int SIGKILL = 9;

    private Failpoint() {}

    /** What is armed; loaded only then. */
    private static final class Armed {
        static final String NAME = ARMED.substring(0, ARMED.lastIndexOf(':'));
        static final AtomicLong LEFT = new AtomicLong(Long.parseLong(ARMED.substring(ARMED.lastIndexOf(':') + 1)));
    }

    /**
     * A place is reached.
     *
     * @param name its name, a constant
     */
    public static void reach(String name) {
        if (IS_ARMED && name.equals(Armed.NAME) && Armed.LEFT.decrementAndGet() == 0) {
            Syscall.call(SyscallNumber.KILL, ProcessHandle.current().pid(), SIGKILL, 0);
            throw new IllegalStateException("still alive at " + name);
        }
    }
}
