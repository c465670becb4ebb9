package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device's side against rings that the test writes byte by byte. */
class SplitQueueTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 16;
    private static final long AVAIL = 0x200;
    private static final long USED = 0x400;
    private static final long END = 0x1000;
    private static final long EVENT = VirtioFeatures.RING_EVENT_IDX;

    private final TestMemory memory = TestMemory.flat(END, BASE);
    private final Chain[] slots = new Chain[SIZE];

    SplitQueueTest() {
        for (int i = 0; i < SIZE; i++) {
            slots[i] = TestMemory.chain(i, 4);
        }
    }

    private SplitQueue queue(long features, int nextAvail) {
        return new SplitQueue(0, SIZE, features, VirtqueueState.split(nextAvail), memory, InFlight.NONE, slots);
    }

    private SplitQueue attached(long features, int nextAvail) {
        SplitQueue queue = queue(features, nextAvail);
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isTrue();
        return queue;
    }

    private void availIndex(int index) {
        memory.u16(AVAIL + 2, index);
    }

    private int usedIndex() {
        return memory.u16(USED + 2);
    }

    private int usedFlags() {
        return memory.u16(USED);
    }

    private int availEvent() {
        return memory.u16(USED + 4 + 8L * SIZE);
    }

    private void usedEvent(int index) {
        memory.u16(AVAIL + 4 + 2L * SIZE, index);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 3, 65535, 65536, 49152})
    @Spec("VS-01")
    void aSizeThatIsNoPowerOfTwoUpTo32768IsRefused(int size) {
        assertThatThrownBy(() -> new SplitQueue(
                        0, size, 0, VirtqueueState.split(0), memory, InFlight.NONE, new Chain[Math.max(0, size)]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Spec("VS-01")
    void misalignedPartsAreRefusedAndNothingIsTouched() {
        SplitQueue queue = queue(0, 0);
        for (long off : new long[] {1, 2, 4, 8, 15}) {
            assertThat(queue.attach(BASE + off, BASE + AVAIL, BASE + USED)).isFalse();
        }
        assertThat(queue.attach(BASE, BASE + AVAIL + 1, BASE + USED)).isFalse();
        for (long off : new long[] {1, 2, 3}) {
            assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED + off)).isFalse();
        }
        assertThat(queue.isAttached()).isFalse();
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isTrue();
    }

    /** The device address is aligned and the mapping is not. */
    @Test
    @Spec({"VS-01", "J-14"})
    void partsThatAreMisalignedInTheHostAreRefused() {
        memory.replace(TestMemory.region(BASE, END - 1, 1));
        assertThat(queue(0, 0).attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
    }

    @Test
    @Spec({"VS-05", "BUG-03"})
    void eachPartMustBeGrantedInWholeInOneRegion() {
        long used = SplitRing.usedBytes(SIZE);
        SplitQueue queue = queue(0, 0);
        memory.replace(TestMemory.region(BASE, USED + used, 0));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isTrue();
        memory.replace(TestMemory.region(BASE, USED + used - 1, 0));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
        assertThat(queue.isAttached()).isFalse();
        memory.replace(TestMemory.region(BASE, USED + 8, 0), TestMemory.region(BASE + USED + 8, 512, USED + 8));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
        memory.replace(TestMemory.region(BASE, USED, 0, GuestMemory.READ), TestMemory.region(BASE + USED, used, USED));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isTrue();
        memory.replace(
                TestMemory.region(BASE, USED, 0, GuestMemory.READ),
                TestMemory.region(BASE + USED, used, USED, GuestMemory.READ));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
        memory.replace(TestMemory.region(BASE, USED, 0, GuestMemory.WRITE), TestMemory.region(BASE + USED, used, USED));
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
        assertThat(queue.attach(-16, BASE + AVAIL, BASE + USED)).isFalse();
    }

    /** The available ring is found on demand, and finding it shows that the table has moved meanwhile. */
    @Test
    @Spec("BUG-11")
    void allPartsAreFoundInOneGeneration() {
        memory.replace(TestMemory.region(BASE, AVAIL, 0));
        memory.onResolve = () -> memory.replace(
                TestMemory.region(BASE, AVAIL, 0x800), TestMemory.region(BASE + AVAIL, END - AVAIL - 0x800, AVAIL));
        SplitQueue queue = attached(0, 0);
        memory.descriptor(0x800, 0, BASE + AVAIL, 77, 0, 0);
        availIndex(1);
        assertThat(queue.take().fault()).isNull();
        assertThat(slots[0].readableBytes()).isEqualTo(77);
    }

    @Test
    @Spec("BUG-11")
    void aTableThatNeverStandsStillIsNotAttached() {
        memory.replace(TestMemory.region(BASE, AVAIL, 0));
        memory.onResolve = () -> memory.replace(TestMemory.region(BASE, AVAIL, 0));
        assertThat(queue(0, 0).attach(BASE, BASE + AVAIL, BASE + USED)).isFalse();
        assertThat(memory.resolved).isLessThan(10);
    }

    @Test
    void aDetachedQueueTouchesNothing() {
        SplitQueue queue = attached(0, 0);
        queue.detach();
        assertThatThrownBy(queue::available).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @Spec({"VS-12", "BUG-04"})
    void everyIndexThatIsNotAheadByAtMostTheSizeIsAJump() {
        for (int start : new int[] {0, 5, 65530, 65535}) {
            SplitQueue queue = attached(0, start);
            for (int index = 0; index <= 0xffff; index++) {
                availIndex(index);
                int ahead = (index - start) & 0xffff;
                assertThat(queue.available()).isEqualTo(ahead <= SIZE ? ahead : -1);
            }
        }
    }

    @Test
    @Spec("BUG-04")
    void aHeadOutsideOfTheTableIsRefusedAndNotTaken() {
        availIndex(0);
        for (int head : new int[] {SIZE, SIZE + 1, 0x7fff, 0x8000, 0xffff}) {
            SplitQueue queue = attached(0, 65535);
            memory.u16(AVAIL + 4 + 2L * (65535 % SIZE), head);
            assertThat(queue.take()).isNull();
            assertThat(queue.fault()).isEqualTo(Fault.HEAD_OUT_OF_RANGE);
            assertThat(queue.state().avail()).isEqualTo(65535);
        }
        memory.u16(AVAIL + 4 + 2L * (65535 % SIZE), SIZE - 1);
        SplitQueue queue = attached(0, 65535);
        assertThat(queue.take().id()).isEqualTo(SIZE - 1);
        assertThat(queue.state().avail()).isZero();
    }

    @Test
    @Spec({"VS-16", "VS-07"})
    void indicesRunOnPast65535AndUsedElementsAreWrittenBeforeTheIndex() {
        for (int i = 0; i < SIZE; i++) {
            memory.descriptor(0, i, BASE + 0x800, 4, SplitRing.DESC_WRITE, 0);
        }
        byte[] table = table();
        memory.u16(USED + 2, 65533);
        SplitQueue queue = attached(0, 65533);
        for (int k = 0; k < 40; k++) {
            int at = 65533 + k;
            memory.u16(AVAIL + 4 + 2L * (at % SIZE), (k * 7) % SIZE);
            availIndex(at + 1);
            assertThat(queue.available()).isEqualTo(1);
            Chain chain = queue.take();
            assertThat(chain).isSameAs(slots[(k * 7) % SIZE]);
            assertThat(chain.fault()).isNull();
            assertThat(queue.state().avail()).isEqualTo((at + 1) & 0xffff);
            assertThat(queue.hasUnpublished()).isFalse();
            queue.push(chain, k);
            assertThat(chain.inFlight()).isFalse();
            assertThat(queue.hasUnpublished()).isTrue();
            assertThat(usedIndex()).isEqualTo(at & 0xffff);
            long element = USED + 4 + 8L * (at % SIZE);
            assertThat(memory.space.get(SplitRing.LE32, element)).isEqualTo((k * 7) % SIZE);
            assertThat(memory.space.get(SplitRing.LE32, element + 4)).isEqualTo(k);
            queue.publish();
            assertThat(usedIndex()).isEqualTo((at + 1) & 0xffff);
        }
        assertThat(table()).isEqualTo(table);
    }

    private byte[] table() {
        return memory.space.asSlice(0, 16L * SIZE).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    @Spec("CR-06")
    void theLogIsToldInTheOrderThatRecoveryNeeds() {
        List<String> told = new ArrayList<>();
        var log = new InFlight() {
            @Override
            public void fetched(int head, DescriptorList list) {
                told.add("fetched " + head);
            }

            @Override
            public void completed(int head) {
                told.add("completed " + head + " " + memory.space.get(SplitRing.LE32, USED + 8) + " " + usedIndex());
            }

            @Override
            public void published(int index) {
                told.add("published " + index + " " + usedIndex());
            }
        };
        var queue = new SplitQueue(0, SIZE, 0, VirtqueueState.split(0), memory, log, slots);
        queue.attach(BASE, BASE + AVAIL, BASE + USED);
        availIndex(1);
        memory.descriptor(0, 0, BASE + 0x800, 4, SplitRing.DESC_WRITE, 0);
        queue.take();
        queue.push(slots[0], 4);
        queue.publish();
        assertThat(told).containsExactly("fetched 0", "completed 0 0 0", "published 1 1");
    }

    @Test
    @Spec({"VS-13", "VS-18"})
    void withoutEventIdxTheFlagsAloneDecide() {
        SplitQueue queue = attached(0, 0);
        for (int event = 0; event < 4; event++) {
            usedEvent(event);
            for (int flags : new int[] {0, 1, 2, 3, 0xfffe, 0xffff}) {
                memory.u16(AVAIL, flags);
                queue.push(slots[0], 0);
                queue.publish();
                assertThat(queue.wantsInterrupt()).isEqualTo((flags & 1) == 0);
            }
        }
        queue.disableKicks();
        assertThat(usedFlags()).isEqualTo(1);
        assertThat(queue.enableKicks()).isFalse();
        assertThat(usedFlags()).isZero();
        assertThat(availEvent()).isZero();
    }

    @Test
    @Spec({"VS-18", "VS-20"})
    void withEventIdxTheFlagsStayZeroAndTheEventIsTheNextChain() {
        memory.u16(USED, 1); // what an earlier device may have left
        SplitQueue queue = attached(EVENT, 65535);
        assertThat(usedFlags()).isZero();
        availIndex(65535);
        assertThat(queue.enableKicks()).isFalse();
        assertThat(availEvent()).isEqualTo(65535);
        queue.disableKicks();
        assertThat(usedFlags()).isZero();
        availIndex(0);
        assertThat(queue.enableKicks())
                .as("a chain came in before the wish was seen")
                .isTrue();
        availIndex(65534);
        assertThat(queue.enableKicks()).as("a jump must be looked at").isTrue();
    }

    /** The rule in its own words: notify if the entry that used_event names is among those just written. */
    @Test
    @Spec("VS-14")
    void withEventIdxOnlyTheEventDecides() {
        for (int old = 65536 - SIZE - 4; old < 65536 + SIZE + 4; old++) {
            for (int batch = 0; batch <= SIZE; batch++) {
                for (int event = old - SIZE - 2; event < old + 2 * SIZE + 2; event++) {
                    memory.u16(USED + 2, old);
                    SplitQueue queue = attached(EVENT, old & 0xffff);
                    assertThat(queue.wantsInterrupt())
                            .as("nothing is known yet")
                            .isTrue();
                    memory.u16(AVAIL, event & 1); // must not matter
                    for (int i = 0; i < batch; i++) {
                        queue.push(slots[i % SIZE], 0);
                    }
                    queue.publish();
                    usedEvent(event);
                    boolean wanted = event >= old && event < old + batch;
                    if (queue.wantsInterrupt() != wanted) {
                        throw new AssertionError("old " + old + " batch " + batch + " event " + event);
                    }
                }
            }
        }
    }

    @Test
    @Spec("VS-14")
    void batchesWithoutAQuestionBetweenThemCountTogether() {
        SplitQueue queue = attached(EVENT, 0);
        queue.wantsInterrupt();
        usedEvent(1);
        for (int i = 0; i < 2; i++) {
            queue.push(slots[i], 0);
            queue.publish();
            queue.push(slots[i], 0);
            queue.publish();
        }
        assertThat(queue.wantsInterrupt()).isTrue();
        assertThat(queue.wantsInterrupt()).isFalse();
    }

    @Test
    void attachingAgainGoesOnWhereTheQueueWas() {
        SplitQueue queue = attached(0, 0);
        availIndex(2);
        queue.take();
        queue.push(slots[0], 1);
        memory.u16(USED + 2, 77); // the driver's scribbling is not believed
        assertThat(queue.attach(BASE, BASE + AVAIL, BASE + USED)).isTrue();
        assertThat(queue.state().avail()).isEqualTo(1);
        queue.publish();
        assertThat(usedIndex()).isEqualTo(1);
    }
}
