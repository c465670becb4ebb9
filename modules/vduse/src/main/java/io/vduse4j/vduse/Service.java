package io.vduse4j.vduse;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.util.ArrayList;
import java.util.List;

/**
 * One life of the device, from DRIVER_OK to the reset: its session, the memory that its driver has granted, and the bytes
 * that its slots take. The three end together, and only when nothing is in flight any more: what a backend still works
 * on names all of them by address. A later life has its own, so that it may begin while an abandoned one still ends.
 *
 * <p>Methods belong to the control thread, but for the end of an abandoned life, which comes on a worker's.
 */
final class Service {

    private final Session session;
    private final IotlbTable table;
    private final MemoryBudget budget;
    private final List<RetiredMemory> retired = new ArrayList<>();
    private boolean drained;
    private boolean abandoned;

    Service(Session session, IotlbTable table, MemoryBudget budget) {
        this.session = session;
        this.table = table;
        this.budget = budget;
    }

    Session session() {
        return session;
    }

    /** The driver has changed its memory: what was mapped is old from now on. */
    synchronized RetiredMemory retire() {
        RetiredMemory old = table.retire();
        retired.add(old);
        return old;
    }

    /** Generation of the memory of now. */
    long generation() {
        return table.memory().generation();
    }

    /** Nobody uses that old memory any more. */
    synchronized void passed(RetiredMemory old) {
        retired.remove(old);
        old.close();
    }

    /**
     * Takes no more chains.
     *
     * @param inTime told, on a worker's thread, when nothing is in flight any more; {@link #close} is to follow. Not told
     *     if the service was abandoned before
     */
    void end(Runnable inTime) {
        session.stop(() -> {
            if (drained()) {
                inTime.run();
            }
        });
    }

    private synchronized boolean drained() {
        drained = true;
        if (abandoned) {
            close(); // nobody may be left on the control thread
        }
        return !abandoned;
    }

    /** Gives everything back. */
    synchronized void close() {
        retired.add(table.close());
        retired.forEach(RetiredMemory::close);
        budget.close();
    }

    /**
     * Takes the memory away from requests that are still in flight: they complete, some time, into nothing.
     *
     * @throws LinuxException if the memory is still there: then nobody may be told that it is free
     */
    synchronized void abandon() throws LinuxException {
        if (drained) {
            close(); // just now
            return;
        }
        abandoned = true;
        try {
            retired.add(table.closeInUse());
            for (RetiredMemory memory : retired) {
                memory.replace();
            }
        } finally {
            session.abandon();
        }
    }
}
