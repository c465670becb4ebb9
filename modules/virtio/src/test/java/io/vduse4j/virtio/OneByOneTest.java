package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log that a batch would be too much for: each chain is shown before the next one is done. */
@Spec("CR-01")
class OneByOneTest {

    private static final int SIZE = 8;
    private static final long BASE = 0x4000_0000L;
    private static final long DATA = 0x2000;

    private final TestMemory memory = TestMemory.flat(0x4000, BASE);
    private final RingAddresses rings = RingAddresses.contiguous(true, SIZE, 16, 0, BASE);
    private final VirtqueueDriver driver =
            VirtqueueDriver.of(memory.space, rings, VirtioFeatures.RING_PACKED, VirtqueueState.PACKED_START);
    private final List<String> told = new ArrayList<>();

    /** Looks at the ring too: what is completed is not to be seen before it is published. */
    private final InFlight log = new InFlight() {
        @Override
        public void fetched(int slot, DescriptorList list) {}

        @Override
        public void completed(int slot) {
            told.add("completed " + slot + ", seen " + seen());
        }

        @Override
        public void published(int nextUsed) {
            told.add("published " + (nextUsed & ~VirtqueueState.WRAP) + ", seen " + seen());
        }

        @Override
        public boolean wantsOneByOne() {
            return true;
        }
    };

    private int seen;

    private int seen() {
        while (driver.poll() >= 0) {
            seen++;
        }
        return seen;
    }

    @Test
    void aBatchIsShownChainAfterChainWhenItEnds() {
        Chain[] slots = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            slots[i] = TestMemory.chain(i, SIZE);
        }
        long features = VirtioFeatures.RING_PACKED;
        Virtqueue queue = Virtqueue.of(0, SIZE, features, VirtqueueState.PACKED_START, memory, log, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
        for (int i = 0; i < 3; i++) {
            driver.add(new ChainBuffers().writable(BASE + DATA + i, 1));
        }
        driver.publish();
        List<Integer> order = new ArrayList<>();
        for (Chain chain = queue.take(); chain != null; chain = queue.take()) {
            order.add(queue.slotOf(chain));
            queue.push(chain, 1); // its slot stays its own: the next chain gets another
        }
        assertThat(order).doesNotHaveDuplicates().hasSize(3);
        assertThat(told).isEmpty();
        assertThat(queue.hasUnpublished()).isTrue();
        queue.publish();
        assertThat(told)
                .containsExactly(
                        "completed " + order.get(0) + ", seen 0",
                        "published 1, seen 1",
                        "completed " + order.get(1) + ", seen 1",
                        "published 2, seen 2",
                        "completed " + order.get(2) + ", seen 2",
                        "published 3, seen 3");
        assertThat(queue.hasUnpublished()).isFalse();
        queue.publish();
        assertThat(told).as("nothing is shown twice").hasSize(6);
    }
}
