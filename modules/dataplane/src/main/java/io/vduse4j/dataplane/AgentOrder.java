package io.vduse4j.dataplane;

import io.vduse4j.virtio.Ordering;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The writes of one agent in the {@link WriteOrder} of their session. On the agent's worker, but for
 * {@link #mayStartNow}.
 */
final class AgentOrder implements Ordering {

    /** What the agent does for a write that cannot start at once. */
    interface Agent {

        /** The write of a slot is going to wait. */
        void heldBack(int slot);

        /** The write of a slot that was held back is going to start. */
        void started(int slot);

        /** Has {@link AgentOrder#starts} asked for a slot on the agent's worker. Any thread; does not wait. */
        void post(int slot);
    }

    private static final long[] NOTHING = {};

    private final WriteOrder order;
    private final Agent agent;
    private final long[] offsets;

    /** 0 for a slot without a write that counts or waits. */
    private final long[] lengths;

    private final boolean[] held;
    private final LeftWrites left;
    private boolean lost;
    private boolean givenUp;

    AgentOrder(WriteOrder order, LeftWrites left, Agent agent, int slots) {
        this.order = order;
        this.left = left;
        this.agent = agent;
        offsets = new long[slots];
        lengths = new long[slots];
        held = new boolean[slots];
    }

    @Override
    public boolean mayStart(int slot, long offset, long length) {
        offsets[slot] = offset;
        lengths[slot] = length;
        if (order.enter(offset, length)) {
            return true;
        }
        agent.heldBack(slot);
        held[slot] = true;
        if (!order.await(new WriteOrder.Waiting(this, slot, offset, length))) {
            return false;
        }
        held[slot] = false;
        agent.started(slot);
        return true;
    }

    /** A write that was held back counts now and may start. Any thread that has let go of another write. */
    void mayStartNow(int slot) {
        agent.post(slot);
    }

    /** Whether a slot was posted because its write was held back. */
    boolean isHeld(int slot) {
        return held[slot];
    }

    /** Whether the write of a slot that {@link #isHeld}, and counts by now, is to start. */
    boolean starts(int slot) {
        held[slot] = false;
        if (lost) {
            order.leave(offsets[slot], lengths[slot]); // it has had no effect, and never will
            lengths[slot] = 0;
            return false;
        }
        agent.started(slot);
        return true;
    }

    /** The chain of a slot was given back: its write, if it is one, counts until the driver can see that. */
    void givenBack(int slot, UnseenWrites unseen) {
        long length = lengths[slot];
        if (length != 0) {
            lengths[slot] = 0;
            unseen.add(offsets[slot], length);
        }
    }

    /** The driver can see what was given back. */
    void seen(UnseenWrites unseen) {
        if (unseen.count() > 0) {
            order.leave(unseen);
            unseen.clear();
        }
    }

    /** The chain of a slot is lost, and nobody works on it any more. In this session its write still counts: {@link #lose}. */
    void dropped(int slot) {
        lengths[slot] = 0;
        tellLeft();
    }

    /**
     * The chains are lost. What waits never starts; what has started counts until the end of the session, for it is never
     * given back, and recovery may repeat it.
     */
    void lose() {
        if (!lost) {
            lost = true;
            order.forget(this);
        }
    }

    /** The session is going to be {@link #giveUp given up}. Any thread, before another session begins. */
    void expectGivingUp() {
        left.expect(this);
    }

    /** The session is given up: its chains are lost, and what has started is in the way of the next session's writes. */
    void giveUp() {
        givenUp = true;
        try {
            lose();
        } finally {
            tellLeft();
        }
    }

    /** Nobody works on any of the chains any more. */
    void end() {
        Arrays.fill(lengths, 0);
        left.set(this, NOTHING);
    }

    private void tellLeft() {
        if (givenUp) {
            left.set(
                    this,
                    IntStream.range(0, lengths.length)
                            .filter(slot -> lengths[slot] != 0 && !held[slot])
                            .mapToObj(slot -> LongStream.of(offsets[slot], lengths[slot]))
                            .flatMapToLong(write -> write)
                            .toArray());
        }
    }
}
