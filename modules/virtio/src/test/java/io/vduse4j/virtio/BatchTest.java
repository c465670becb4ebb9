package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A batch on a packed ring: what the log is told of it, and what is left when it was shown only in part. */
@Spec({"CR-01", "VP-06"})
class BatchTest {

    private static final int SIZE = 8;
    private static final long BASE = 0x4000_0000L;
    private static final long DATA = 0x2000;
    private static final int FLAGS = 14;

    private final TestMemory memory = TestMemory.flat(0x4000, BASE);
    private final RingAddresses rings = RingAddresses.contiguous(true, SIZE, 16, 0, BASE);
    private final VirtqueueDriver driver =
            VirtqueueDriver.of(memory.space, rings, VirtioFeatures.RING_PACKED, VirtqueueState.PACKED_START);
    private final List<String> told = new ArrayList<>();

    private final InFlight log = new InFlight() {
        @Override
        public void fetched(int slot, DescriptorList list) {}

        @Override
        public void completed(int slot) {
            told.add("completed, seen " + seen());
        }

        @Override
        public void publishing() {
            told.add("publishing, seen " + seen());
        }

        @Override
        public void published(int nextUsed) {
            told.add("published " + (nextUsed & ~VirtqueueState.WRAP) + ", seen " + seen());
        }
    };

    private int seen;

    private int seen() {
        while (driver.poll() >= 0) {
            seen++;
        }
        return seen;
    }

    private Virtqueue queue(InFlight inFlight) {
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            slots[i] = TestMemory.chain(i, SIZE);
        }
        long features = VirtioFeatures.RING_PACKED;
        Virtqueue queue = Virtqueue.of(0, SIZE, features, VirtqueueState.PACKED_START, memory, inFlight, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
        return queue;
    }

    /** Chains of one, two and one descriptors: places 0, 1 and 3. */
    private void addThree() {
        driver.add(new ChainBuffers().writable(BASE + DATA, 1));
        driver.add(new ChainBuffers().readable(BASE + DATA, 1).writable(BASE + DATA + 1, 1));
        driver.add(new ChainBuffers().readable(BASE + DATA, 1));
        driver.publish();
    }

    private static void pushAll(Virtqueue queue) {
        List<Chain> chains = new ArrayList<>();
        for (Chain chain = queue.take(); chain != null; chain = queue.take()) {
            chains.add(chain);
        }
        chains.forEach(chain -> queue.push(chain, chain.writableBytes()));
    }

    @Test
    void theLogIsAskedOnceBeforeAndToldOnceAfter() {
        Virtqueue queue = queue(log);
        addThree();
        pushAll(queue);
        assertThat(queue.hasUnpublished()).isTrue();
        queue.publish();
        assertThat(told)
                .containsExactly(
                        "completed, seen 0",
                        "completed, seen 0",
                        "completed, seen 0",
                        "publishing, seen 0",
                        "published 4, seen 3");
        assertThat(queue.hasUnpublished()).isFalse();
        queue.publish();
        assertThat(told.subList(5, told.size())).as("nothing to show").containsExactly("published 4, seen 3");
    }

    private short flags(int position) {
        return memory.space.get(ValueLayout.JAVA_SHORT, rings.descHost() + 16L * position + FLAGS);
    }

    private void flags(int position, short flags) {
        memory.space.set(ValueLayout.JAVA_SHORT, rings.descHost() + 16L * position + FLAGS, flags);
    }

    /** The flags of so many chains were written, in their order, when the process died; also over the end of the ring. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "2, 0", "3, 0", "0, 6", "1, 6", "2, 6", "3, 6", "1, 7"})
    void whatIsMissingIsShown(int written, int start) {
        Virtqueue first = queue(InFlight.NONE);
        for (int i = 0; i < start; i++) {
            driver.add(new ChainBuffers().writable(BASE + DATA, 1));
            driver.publish();
            pushAll(first);
            first.publish();
            seen();
        }
        seen = 0;
        int[] places = {start, (start + 1) % SIZE, (start + 3) % SIZE};
        addThree();
        short[] before = new short[SIZE];
        for (int i = 0; i < SIZE; i++) {
            before[i] = flags(i);
        }
        int from = first.state().used();
        pushAll(first);
        first.publish();
        int to = first.state().used();
        short[] whole = new short[SIZE];
        for (int i = 0; i < SIZE; i++) {
            whole[i] = flags(i);
        }
        for (int i = written; i < places.length; i++) {
            flags(places[i], before[places[i]]);
        }
        assertThat(seen()).isEqualTo(written);

        Virtqueue next = queue(InFlight.NONE);
        int used = next.usedPosition(from, to, new int[] {1, 2, 1});
        if (written == 0) {
            assertThat(used).as("nothing was shown, and nothing is").isEqualTo(from);
            assertThat(seen()).isZero();
        } else {
            assertThat(used).isEqualTo(to);
            for (int i = 0; i < SIZE; i++) {
                assertThat(flags(i)).as("flags at %d", i).isEqualTo(whole[i]);
            }
            assertThat(seen()).isEqualTo(3);
        }
        assertThat(driver.brokenBecause()).isEmpty();
    }

    /** The driver has used the places again: they are of the next round, and nobody's but the driver's. */
    @Test
    void whatTheDriverHasAddedSinceIsLeftAlone() {
        Virtqueue first = queue(InFlight.NONE);
        addThree();
        pushAll(first);
        first.publish();
        assertThat(seen()).isEqualTo(3);
        for (int i = 0; i < 6; i++) {
            driver.add(new ChainBuffers().writable(BASE + DATA, 1)); // places 4 to 7, then 0 and 1 anew
        }
        driver.publish();
        short zero = flags(0);
        short one = flags(1);
        int used = queue(InFlight.NONE).usedPosition(VirtqueueState.WRAP, VirtqueueState.WRAP | 4, new int[] {1, 2, 1});
        assertThat(used).isEqualTo(VirtqueueState.WRAP | 4);
        assertThat(flags(0)).isEqualTo(zero);
        assertThat(flags(1)).isEqualTo(one);
    }

    /** What is pushed and not shown is the device's: the driver cannot add more than the ring has. */
    @Test
    @Spec("BUG-04")
    void descriptorsThatWaitToBeShownAreNotFree() {
        Virtqueue queue = queue(InFlight.NONE);
        for (int i = 0; i < SIZE; i++) {
            driver.add(new ChainBuffers().writable(BASE + DATA, 1));
        }
        driver.publish();
        pushAll(queue);
        short available = (short) (PackedRing.available(false) | SplitRing.DESC_WRITE);
        flags(0, available); // a driver that does not wait
        assertThat(queue.take()).isNull();
        assertThat(queue.fault()).isEqualTo(Fault.DESCRIPTORS_IN_FLIGHT);
    }

    /** A chain that is given up is not shown, and its slot is free again. */
    @Test
    void aChainThatIsDroppedIsNotShown() {
        Virtqueue queue = queue(InFlight.NONE);
        addThree();
        Chain dropped = queue.take();
        int slot = queue.slotOf(dropped);
        queue.drop(dropped);
        assertThat(dropped.inFlight()).isFalse();
        assertThat(queue.hasUnpublished()).isFalse();
        queue.publish();
        assertThat(seen()).isZero();
        assertThat(queue.slotOf(queue.take())).isEqualTo(slot);
        assertThat(queue.index()).isZero();
        assertThat(queue.size()).isEqualTo(SIZE);
    }
}
