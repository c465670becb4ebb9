package io.vduse4j.dataplane;

import java.util.ArrayList;
import java.util.List;

/**
 * The order of the writes of one session over all its queues: while a write may touch the backend, and until the driver
 * can see its used element, none starts that overlaps it (CR-04). Discards and write-zeroes are writes. What sessions that were given up have left with the
 * backend is in the way as well.
 *
 * <p>A write that nothing is in the way of meets no other worker, or hardly ever. One that overlaps another waits in the
 * order of arrival; each write that ends lets those start that may. Nobody waits for ever: the first in the row can only be
 * passed by {@value #MAX_OVERTAKEN} others.
 *
 * <p>Called by the workers of the session.
 */
final class WriteOrder {

    /** How many of those that wait are tried when something has changed, so that a hostile driver gains nothing. */
    private static final int TRIES = 16;

    private static final int MAX_OVERTAKEN = 64;

    /** A write that waits. */
    record Waiting(AgentOrder agent, int slot, long offset, long length) {}

    private final SharedRanges busy;
    private final LeftWrites left;
    private final Object lock = new Object();
    private final List<Waiting> row = new ArrayList<>();

    /** Those that wait for what is left. No write of this session can hurry that, so they are in nobody's way. */
    private final List<Waiting> behindLeft = new ArrayList<>();

    private int overtaken;
    private volatile int waiting;

    /**
     * An order that nothing counts in yet.
     *
     * @param shared whether the workers of the session may be several
     * @param left what earlier sessions have left with the backend
     */
    WriteOrder(boolean shared, LeftWrites left) {
        busy = new SharedRanges(shared);
        this.left = left;
    }

    /** Whether a write may start at once, and counts from now on; if not it has to {@link #await}. */
    boolean enter(long offset, long length) {
        return waiting == 0 && left.allows(offset, length) && busy.enter(offset, length);
    }

    /**
     * Puts a write in the row.
     *
     * @return whether it may start now after all; if not, {@link AgentOrder#mayStartNow} will be told
     */
    boolean await(Waiting write) {
        synchronized (lock) {
            if (!left.allows(write.offset(), write.length())) {
                behindLeft.add(write);
                return false;
            }
            row.add(write);
            // Before the look: who leaves after the look sees that somebody waits.
            waiting = row.size();
            return startThoseThatMay(write);
        }
    }

    /** A write that counted is done, and the driver can see it; or it has not started and never will. */
    void leave(long offset, long length) {
        busy.leave(offset, length);
        startThoseThatWait();
    }

    /** As {@link #leave(long, long)}, for each of these. */
    void leave(UnseenWrites writes) {
        busy.leave(writes);
        startThoseThatWait();
    }

    /** Less is left of earlier sessions. On a worker of this one. */
    void leftLess() {
        synchronized (lock) {
            List<Waiting> free = behindLeft.stream()
                    .filter(write -> left.allows(write.offset(), write.length()))
                    .toList();
            behindLeft.removeAll(free);
            row.addAll(free);
            waiting = row.size(); // before the look, as in await
            startThoseThatMay(null);
        }
    }

    private void startThoseThatWait() {
        if (waiting != 0) {
            synchronized (lock) {
                startThoseThatMay(null);
            }
        }
    }

    /** The chains of an agent are lost: none of its writes starts any more that has not. */
    void forget(AgentOrder agent) {
        synchronized (lock) {
            row.removeIf(write -> write.agent() == agent);
            behindLeft.removeIf(write -> write.agent() == agent);
            startThoseThatMay(null);
        }
    }

    /** Returns whether the caller's own is among them; all others are told. */
    private boolean startThoseThatMay(Waiting own) {
        boolean startsOwn = false;
        int tried = 0;
        while (tried < row.size() && tried < (overtaken < MAX_OVERTAKEN ? TRIES : 1)) {
            Waiting write = row.get(tried);
            if (!busy.enter(write.offset(), write.length())) {
                tried++;
                continue;
            }
            row.remove(tried);
            overtaken = tried == 0 ? 0 : overtaken + 1;
            if (write.equals(own)) {
                startsOwn = true;
            } else {
                write.agent().mayStartNow(write.slot());
            }
        }
        waiting = row.size();
        return startsOwn;
    }

    /** How many wait for others of this session. Any thread. */
    int waiting() {
        return waiting;
    }

    /** Whether nothing counts and nothing waits, as long as no worker does anything. */
    boolean isIdle() {
        synchronized (lock) {
            return row.isEmpty() && behindLeft.isEmpty() && busy.isIdle();
        }
    }
}
