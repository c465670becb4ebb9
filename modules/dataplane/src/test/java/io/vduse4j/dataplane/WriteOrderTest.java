package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who waits for whom, without any worker. */
@Spec("CR-04")
class WriteOrderTest {

    private static final int SLOTS = 128;
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;

    private WriteOrder order = new WriteOrder(true, new LeftWrites());
    private final UnseenWrites unseen = new UnseenWrites(SLOTS);

    /** An agent that writes down what it is told. */
    private final class Told implements AgentOrder.Agent {
        final List<Integer> held = new ArrayList<>();
        final List<Integer> started = new ArrayList<>();
        final List<Integer> posted = new ArrayList<>();
        final AgentOrder agent = new AgentOrder(order, new LeftWrites(), this, SLOTS);

        @Override
        public void heldBack(int slot) {
            held.add(slot);
        }

        @Override
        public void started(int slot) {
            started.add(slot);
        }

        @Override
        public void post(int slot) {
            posted.add(slot);
        }

        /** The chain is given back, and the driver sees it. */
        void ends(int slot) {
            agent.givenBack(slot, unseen);
            agent.seen(unseen);
        }

        /** What the worker does with the oldest that was posted. */
        int startsNext() {
            int slot = posted.removeFirst();
            assertThat(agent.isHeld(slot)).isTrue();
            assertThat(agent.starts(slot)).isTrue();
            return slot;
        }
    }

    private final Told one = new Told();
    private final Told two = new Told();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBatchThatIsSeenAtOnceIsLetGo(boolean shared) {
        order = new WriteOrder(shared, new LeftWrites());
        var agent = new Told();
        for (int slot = 0; slot < 3; slot++) {
            assertThat(agent.agent.mayStart(slot, slot * KIB, KIB)).isTrue();
        }
        agent.agent.givenBack(0, unseen);
        agent.agent.givenBack(2, unseen);
        agent.agent.seen(unseen);
        assertThat(agent.agent.mayStart(3, 0, KIB)).as("that is over").isTrue();
        assertThat(agent.agent.mayStart(4, KIB, KIB)).as("that is not").isFalse();
        agent.agent.givenBack(1, unseen);
        agent.agent.givenBack(3, unseen);
        agent.agent.seen(unseen);
        assertThat(agent.startsNext()).isEqualTo(4);
        assertThat(order.isIdle()).isFalse();
        agent.ends(4);
        assertThat(order.isIdle()).isTrue();
    }

    @Test
    void aWriteCountsUntilTheDriverSeesItsEnd() {
        assertThat(one.agent.mayStart(0, 0, 4096)).isTrue();
        assertThat(two.agent.mayStart(0, 2048, 4096)).isFalse();
        assertThat(two.held).containsExactly(0);
        one.agent.givenBack(0, unseen);
        assertThat(two.posted).as("given back, not seen yet").isEmpty();
        one.agent.seen(unseen);
        assertThat(two.posted).containsExactly(0);
        assertThat(two.started).isEmpty();
        assertThat(two.startsNext()).isZero();
        assertThat(two.started).containsExactly(0);
        assertThat(two.agent.isHeld(0)).isFalse();
        two.ends(0);
        assertThat(order.isIdle()).isTrue();
    }

    /** Nobody can hurry what an earlier session has left, so who waits for it stands in nobody's way. */
    @Test
    void whoWaitsForWhatIsLeftIsPassedByAnyNumber() {
        var left = new LeftWrites();
        var gone = new AgentOrder(new WriteOrder(false, left), left, new Told(), SLOTS);
        assertThat(gone.mayStart(0, 0, MIB)).isTrue();
        assertThat(gone.mayStart(1, MIB, MIB)).isTrue();
        gone.dropped(1);
        gone.expectGivingUp();
        order = new WriteOrder(true, left);
        left.tell(order::leftLess);
        var next = new Told();
        assertThat(next.agent.mayStart(0, 512 * MIB, KIB))
                .as("it may be anything")
                .isFalse();
        gone.giveUp();
        assertThat(next.startsNext()).isZero();
        next.ends(0);
        int many = 20;
        for (int slot = 0; slot < many; slot++) {
            assertThat(next.agent.mayStart(slot, slot * KIB, KIB)).isFalse();
        }
        for (int slot = many; slot < SLOTS; slot++) {
            assertThat(next.agent.mayStart(slot, MIB + slot * KIB, KIB)).isTrue();
            next.ends(slot);
        }
        assertThat(next.posted).isEmpty();
        assertThat(order.isIdle()).isFalse();
        gone.end();
        assertThat(next.posted).hasSize(many);
        for (int slot = 0; slot < many; slot++) {
            next.ends(next.startsNext());
        }
        assertThat(order.isIdle()).isTrue();
    }

    /** A slot is free when its chain is given back, and a packed queue may use it before it publishes. */
    @Test
    void aSlotCanBeUsedAgainBeforeItsLastWriteIsSeen() {
        assertThat(one.agent.mayStart(0, 0, 4096)).isTrue();
        one.agent.givenBack(0, unseen);
        assertThat(one.agent.mayStart(0, 8192, 4096)).isTrue();
        one.agent.seen(unseen);
        one.ends(0);
        assertThat(order.isIdle()).isTrue();
    }

    @Test
    void thoseThatWaitStartInTheirOrder() {
        assertThat(one.agent.mayStart(0, 0, 64 * KIB)).isTrue();
        for (int slot = 1; slot <= 40; slot++) {
            assertThat((slot % 2 == 0 ? one : two).agent.mayStart(slot, 0, 4 * KIB))
                    .isFalse();
        }
        assertThat(order.waiting()).isEqualTo(40);
        one.ends(0);
        for (int slot = 1; slot <= 40; slot++) {
            Told next = slot % 2 == 0 ? one : two;
            assertThat(next.startsNext()).isEqualTo(slot);
            assertThat(one.posted.size() + two.posted.size()).isZero();
            next.ends(slot);
        }
        assertThat(order.isIdle()).isTrue();
    }

    @Test
    void whatOverlapsNothingPassesThoseThatWait() {
        assertThat(one.agent.mayStart(0, 0, 4 * KIB)).isTrue();
        assertThat(one.agent.mayStart(1, 0, 4 * KIB)).isFalse();
        assertThat(one.agent.mayStart(2, 4 * KIB, 4 * KIB)).isTrue();
        assertThat(one.posted).as("who starts at once is not posted").isEmpty();
        assertThat(one.started).containsExactly(2);
    }

    /** A discard of the whole disk under a stream of small writes that never pauses. */
    @Test
    void nobodyIsPassedForEver() {
        assertThat(one.agent.mayStart(0, 0, 4 * KIB)).isTrue();
        assertThat(two.agent.mayStart(0, 0, 1024 * MIB)).isFalse();
        int passed = 0;
        int last = 0;
        int slot = 1;
        while (two.posted.isEmpty() && passed < 10 * SLOTS) {
            boolean starts = one.agent.mayStart(slot, slot * MIB, 4 * KIB);
            if (!starts) {
                one.ends(last);
                break;
            }
            one.ends(last);
            last = slot;
            slot = 1 + slot % (SLOTS - 1);
            passed++;
        }
        assertThat(two.startsNext()).as("passed by %d", passed).isZero();
        two.ends(0);
        one.ends(one.startsNext());
        assertThat(order.isIdle()).isTrue();
    }

    @Test
    void aLostAgentStartsNothingMore() {
        assertThat(one.agent.mayStart(0, 0, 4 * KIB)).isTrue();
        assertThat(two.agent.mayStart(0, 0, 4 * KIB)).isFalse();
        assertThat(two.agent.mayStart(1, 8 * KIB, 4 * KIB)).isTrue();
        assertThat(one.agent.mayStart(1, 8 * KIB, 4 * KIB)).isFalse();
        two.agent.lose();
        one.ends(0);
        assertThat(two.posted).isEmpty();
        assertThat(order.waiting()).as("a write that was lost counts on").isEqualTo(1);
    }

    @Test
    void whatWasToStartWhenItsAgentWasLostGivesWay() {
        assertThat(one.agent.mayStart(0, 0, 4 * KIB)).isTrue();
        assertThat(two.agent.mayStart(0, 0, 4 * KIB)).isFalse();
        assertThat(one.agent.mayStart(1, 0, 4 * KIB)).isFalse();
        one.ends(0);
        assertThat(two.posted).containsExactly(0);
        two.agent.lose();
        assertThat(two.agent.starts(0)).isFalse();
        assertThat(two.started).isEmpty();
        assertThat(one.startsNext()).isEqualTo(1);
        one.ends(1);
        assertThat(order.isIdle()).isTrue();
    }
}
