package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A queue goes on for one whose process has died: by the ring, and by what was noted of the chains. */
@Spec({"CR-01", "CR-06"})
class RetakeTest {

    private static final int SIZE = 8;
    private static final long BASE = 0x4000_0000L;
    private static final long TABLE = 0x1000;
    private static final long DATA = 0x2000;

    private final TestMemory memory = TestMemory.flat(0x4000, BASE);
    private final List<Noted> noted = new ArrayList<>();
    private int before;
    private int after;

    /** What a log keeps of a chain. */
    private record Noted(int slot, int id, List<Long> addresses, List<Long> rests) implements DescriptorList {
        @Override
        public int descriptors() {
            return rests.size();
        }

        @Override
        public long address(int index) {
            return addresses.get(index);
        }

        @Override
        public long rest(int index) {
            return rests.get(index);
        }
    }

    /** Notes each chain. */
    private final InFlight log = new InFlight() {
        @Override
        public void fetched(int slot, DescriptorList list) {
            List<Long> addresses = new ArrayList<>();
            List<Long> rests = new ArrayList<>();
            for (int i = 0; i < list.descriptors(); i++) {
                addresses.add(list.address(i));
                rests.add(list.rest(i));
            }
            noted.add(new Noted(slot, slot, addresses, rests));
        }

        @Override
        public void completed(int slot) {
            noted.removeIf(chain -> chain.slot() == slot);
        }

        @Override
        public void published(int nextUsed) {
            before = nextUsed;
        }
    };

    private Virtqueue queue(long features, RingAddresses rings, InFlight inFlight) {
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            slots[i] = TestMemory.chain(i, SIZE);
        }
        boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
        Virtqueue queue = Virtqueue.of(0, SIZE, features, VirtqueueState.start(packed), memory, inFlight, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
        return queue;
    }

    /** Two ends are known to the log: what was given back last is shown, or is not. */
    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void whatWasTakenIsTakenAgain(boolean packed, boolean shown) {
        long features = VirtioFeatures.RING_INDIRECT_DESC | (packed ? VirtioFeatures.RING_PACKED : 0);
        RingAddresses rings = RingAddresses.contiguous(packed, SIZE, 16, 0, BASE);
        VirtqueueDriver driver = VirtqueueDriver.of(memory.space, rings, features, VirtqueueState.start(packed));
        Set<Integer> sent = new HashSet<>();
        sent.add(driver.add(buffers(0)));
        sent.add(driver.add(buffers(1), 0, TABLE, BASE + TABLE));
        sent.add(driver.add(buffers(2)));
        sent.add(driver.add(buffers(3)));
        driver.publish();

        Virtqueue first = queue(features, rings, log);
        before = first.state().used();
        Chain one = first.take();
        Chain two = first.take();
        Chain three = first.take();
        assertThat(one.id()).isIn(sent);
        after = packed ? VirtqueueState.WRAP | 1 : 1;
        if (shown) {
            int last = before;
            first.push(two, 1);
            first.publish();
            before = last; // the log had not noted it
        }

        Virtqueue next = queue(features, rings, InFlight.NONE);
        int used = next.usedPosition(before, after, new int[] {1});
        assertThat(used).isEqualTo(shown ? after : before);
        next.resumeAt(used);
        assertThat(next.state().used()).isEqualTo(used);
        List<Chain> again = new ArrayList<>();
        for (Noted chain : noted) {
            Chain taken = next.retake(chain.id(), packed ? chain : DescriptorList.NONE);
            assertThat(taken.fault()).isNull();
            assertThat(taken.readableBytes()).isEqualTo(16);
            assertThat(taken.writableBytes()).isEqualTo(1);
            assertThat(taken).hasToString("chain " + taken.id() + " of queue 0, 16 bytes to read and 1 to write");
            assertThat(next.slotOf(taken)).isBetween(0, SIZE - 1);
            again.add(taken);
        }
        assertThat(again).hasSize(shown ? 2 : 3);
        again.add(next.take());
        assertThat(next.take()).isNull();
        again.forEach(chain -> next.push(chain, 1));
        next.publish();

        Set<Integer> back = new HashSet<>();
        for (int head = driver.poll(); head >= 0; head = driver.poll()) {
            assertThat(back.add(head)).as(head + " comes back once").isTrue();
        }
        assertThat(driver.brokenBecause()).isEmpty();
        assertThat(back).isEqualTo(sent);
        assertThat(three.inFlight()).isTrue();
    }

    private static ChainBuffers buffers(int number) {
        long at = BASE + DATA + 64L * number;
        return new ChainBuffers().readable(at, 16).writable(at + 32, 1);
    }

    /** A log may say anything: a place that the ring has not is handed back, for the log to be found out. */
    @Test
    @Spec("BUG-13")
    void aPlaceThatTheRingHasNotIsNotLookedAt() {
        RingAddresses rings = RingAddresses.contiguous(true, SIZE, 16, 0, BASE);
        VirtqueueDriver.of(memory.space, rings, VirtioFeatures.RING_PACKED, VirtqueueState.PACKED_START);
        Virtqueue queue = queue(VirtioFeatures.RING_PACKED, rings, InFlight.NONE);
        assertThat(queue.usedPosition(SIZE, 3, new int[0])).isEqualTo(SIZE);
        assertThat(queue.usedPosition(0x7fff, 3, new int[0])).isEqualTo(0x7fff);
    }

    @Test
    void aSplitChainHasNoListOfItsOwn() {
        assertThat(DescriptorList.NONE.descriptors()).isZero();
        assertThatThrownBy(() -> DescriptorList.NONE.address(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> DescriptorList.NONE.rest(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** What is told to nobody must be told without harm. */
    @Test
    void nobodyKeepsALog() {
        InFlight.NONE.fetched(0, DescriptorList.NONE);
        InFlight.NONE.heldBack(0);
        InFlight.NONE.started(0);
        InFlight.NONE.completed(0);
        InFlight.NONE.publishing();
        InFlight.NONE.published(0);
    }
}
