package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.Session;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;

/**
 * A session with the memory that it uses: the driver's, which is the connection's, and the bytes of its slots. They go
 * only when nothing is in flight any more, whoever comes last: what a backend still works on names both by address.
 */
final class Life {

    private final Session session;
    private final MemoryBudget budget;
    private final long features;
    private boolean drained;
    private boolean abandoned;

    Life(Session session, MemoryBudget budget, long features) {
        this.session = session;
        this.budget = budget;
        this.features = features;
    }

    Session session() {
        return session;
    }

    /** What the driver had accepted when it began. */
    long features() {
        return features;
    }

    /**
     * Takes no more chains, and gives the slots back once nothing is in flight.
     *
     * @param table given back too then
     * @param inTime told, on a worker's thread, unless it was abandoned before
     */
    void end(MemoryTable table, Runnable inTime) {
        session.stop(() -> {
            if (finish(table)) {
                inTime.run();
            }
        });
    }

    private synchronized boolean finish(MemoryTable table) {
        drained = true;
        budget.close();
        table.close();
        return !abandoned;
    }

    /**
     * Ends a session none of whose rings is served; the driver's memory stays.
     *
     * @param then runs when nothing uses its log any more, on any thread
     */
    void endIdle(Runnable then) {
        session.stop(() -> {
            budget.close();
            then.run();
        });
    }

    /** Takes the driver's memory away from requests that are still in flight: they complete, some time, into nothing. */
    synchronized void abandon(MemoryTable table) throws LinuxException {
        if (drained) {
            return;
        }
        abandoned = true;
        try {
            table.replaceWithEmpty();
        } finally {
            session.abandon();
        }
    }
}
