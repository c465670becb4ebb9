package io.vduse4j.dataplane;

import java.util.HashMap;
import java.util.Map;

/**
 * The writes that sessions which were given up have left with the backend. Nobody waits for them, but a later write that
 * overlaps one of them does: it may be acknowledged, and then the older data must not come last (CR-04).
 *
 * <p>Any thread. While nothing is left, which is nearly always, a write costs one look.
 */
final class LeftWrites {

    /** Stands for what an agent has left until its worker, which may be stuck in a write, tells. */
    private static final long[] EVERYTHING = {0, Long.MAX_VALUE};

    /** Offset and length of each write, in a row, by who has left them. */
    private final Map<AgentOrder, long[]> left = new HashMap<>();

    private volatile boolean some;
    private volatile Runnable onChange = () -> {};

    /** Names who is told when less is left: the session of now. Those before have nothing that could start. */
    void tell(Runnable session) {
        onChange = session;
    }

    /** An agent is being given up: until it says what it leaves it may be anything. */
    void expect(AgentOrder agent) {
        put(agent, EVERYTHING);
    }

    /**
     * What an agent has still left.
     *
     * @param writes offset and length of each, in a row
     */
    void set(AgentOrder agent, long[] writes) {
        put(agent, writes);
        onChange.run();
    }

    private synchronized void put(AgentOrder agent, long[] writes) {
        if (writes.length == 0) {
            left.remove(agent);
        } else {
            left.put(agent, writes);
        }
        some = !left.isEmpty();
    }

    /** Whether nothing that is left is in the way of a write. */
    boolean allows(long offset, long length) {
        return !some || !overlaps(offset, length);
    }

    private synchronized boolean overlaps(long offset, long length) {
        for (long[] writes : left.values()) {
            for (int i = 0; i < writes.length; i += 2) {
                if (writes[i] < offset + length && offset < writes[i] + writes[i + 1]) {
                    return true;
                }
            }
        }
        return false;
    }
}
