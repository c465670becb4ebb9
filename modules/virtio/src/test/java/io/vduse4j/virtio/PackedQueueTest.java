package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device's side against a packed ring that the test writes byte by byte. */
class PackedQueueTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 5;
    private static final long DRIVER = 0x200;
    private static final long DEVICE = 0x210;
    private static final long TABLE = 0x400;
    private static final long DATA = 0x800;
    private static final long END = 0x1000;
    private static final long EVENT = VirtioFeatures.RING_EVENT_IDX;
    private static final long INDIRECT = VirtioFeatures.RING_INDIRECT_DESC;
    private static final int WRAP = VirtqueueState.WRAP;

    private final TestMemory memory = TestMemory.flat(END, BASE);

    private static Chain[] slots(int size) {
        Chain[] slots = new Chain[size];
        for (int i = 0; i < size; i++) {
            slots[i] = TestMemory.chain(100 + i, 8);
        }
        return slots;
    }

    private PackedQueue queue(long features, int position) {
        var start = new VirtqueueState(position, position);
        return new PackedQueue(0, SIZE, features, start, memory, InFlight.NONE, slots(SIZE));
    }

    private PackedQueue attached(long features, int position) {
        PackedQueue queue = queue(features, position);
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isTrue();
        return queue;
    }

    private PackedQueue attached(long features) {
        return attached(features, WRAP);
    }

    /** Writes a descriptor; the flags AVAIL and USED are those of a lap. */
    private void make(int position, boolean wrap, long address, long length, int id, int flags) {
        long at = 16L * position;
        memory.space.set(SplitRing.LE64, at, address);
        memory.space.set(SplitRing.LE32, at + 8, (int) length);
        memory.u16(at + 12, id);
        memory.u16(at + 14, flags | PackedRing.available(wrap));
    }

    private void one(int position, int id) {
        make(position, true, BASE + DATA, 64, id, DESC_WRITE);
    }

    private void wish(int flags, int position) {
        memory.u16(DRIVER, position);
        memory.u16(DRIVER + 2, flags);
    }

    private int flags(int position) {
        return memory.u16(16L * position + 14);
    }

    private int id(int position) {
        return memory.u16(16L * position + 12);
    }

    private int length(int position) {
        return memory.space.get(SplitRing.LE32, 16L * position + 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 32769, 65536})
    @Spec("VP-01")
    void aSizeFrom1To32768IsTaken(int size) {
        for (int good : new int[] {1, 3, 7, 255, 32768}) {
            assertThat(PackedRing.isValidSize(good)).isTrue();
        }
        assertThatThrownBy(() -> new PackedQueue(
                        0, size, 0, VirtqueueState.PACKED_START, memory, InFlight.NONE, new Chain[Math.max(0, size)]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Spec({"VP-01", "J-14"})
    void misalignedPartsAreRefusedAndNothingIsTouched() {
        PackedQueue queue = queue(0, WRAP);
        assertThat(queue.attach(BASE + 8, BASE + DRIVER, BASE + DEVICE)).isFalse();
        assertThat(queue.attach(BASE, BASE + DRIVER + 2, BASE + DEVICE)).isFalse();
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE + 2)).isFalse();
        assertThat(queue.isAttached()).isFalse();
        memory.replace(TestMemory.region(BASE, END - 8, 8));
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isFalse();
    }

    @Test
    @Spec({"VP-04", "BUG-03"})
    void theRingIsWrittenTooAndTheAreasAreGrantedAsTheyAreUsed() {
        PackedQueue queue = queue(0, WRAP);
        GuestMemory.Region driver = TestMemory.region(BASE + DRIVER, 4, DRIVER, GuestMemory.READ);
        GuestMemory.Region device = TestMemory.region(BASE + DEVICE, 4, DEVICE, GuestMemory.WRITE);
        memory.replace(TestMemory.region(BASE, 16L * SIZE, 0), driver, device);
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isTrue();
        memory.replace(TestMemory.region(BASE, 16L * SIZE, 0, GuestMemory.READ), driver, device);
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isFalse();
        memory.replace(TestMemory.region(BASE, 16L * SIZE - 1, 0), driver, device);
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE | WRAP, 0x7fff, 0xffff})
    @Spec("BUG-04")
    void aStartOutsideOfTheRingIsNotAttached(int position) {
        assertThat(queue(0, position).attach(BASE, BASE + DRIVER, BASE + DEVICE))
                .isFalse();
    }

    @Test
    void aPackedRingDoesNotTellWhereItStands() {
        assertThatThrownBy(
                        () -> new PackedQueue(0, SIZE, 0, VirtqueueState.FROM_USED, memory, InFlight.NONE, slots(SIZE)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** All four combinations of the two flags, in both laps, at every place. */
    @Test
    @Spec("VP-05")
    void onlyADescriptorOfThisLapIsTaken() {
        for (int position = 0; position < SIZE; position++) {
            for (boolean wrap : new boolean[] {false, true}) {
                for (int flags : new int[] {0, PackedRing.AVAIL, PackedRing.USED, PackedRing.AVAIL | PackedRing.USED}) {
                    PackedQueue queue = attached(0, position | (wrap ? WRAP : 0));
                    one(position, 1);
                    memory.u16(16L * position + 14, DESC_WRITE | flags);
                    boolean avail = (flags & PackedRing.AVAIL) != 0;
                    boolean used = (flags & PackedRing.USED) != 0;
                    assertThat(queue.take() != null).isEqualTo(avail == wrap && used != wrap);
                    assertThat(queue.fault()).isNull();
                }
            }
        }
    }

    @Test
    @Spec({"VP-02", "VP-03", "VP-12", "VP-06"})
    void listsAreTakenInOrderAndGivenBackInTheOrderOfTheirEnds() {
        PackedQueue queue = attached(0);
        make(0, true, BASE + DATA, 8, 99, DESC_NEXT);
        make(1, true, BASE + DATA + 8, 16, 40, DESC_WRITE);
        make(2, true, BASE + DATA + 64, 8, 41, 0);
        Chain first = queue.take();
        Chain second = queue.take();
        assertThat(queue.take()).isNull();
        assertThat(first.id()).as("the id of the last descriptor").isEqualTo(40);
        assertThat(first.readableBytes()).isEqualTo(8);
        assertThat(first.writableBytes()).isEqualTo(16);
        assertThat(queue.state()).isEqualTo(new VirtqueueState(3 | WRAP, WRAP));
        queue.push(second, 0);
        queue.push(first, 7);
        assertThat(flags(0)).as("the batch is not visible").isEqualTo(DESC_NEXT | PackedRing.AVAIL);
        assertThat(queue.hasUnpublished()).isTrue();
        queue.publish();
        assertThat(queue.hasUnpublished()).isFalse();
        assertThat(id(0)).isEqualTo(41);
        assertThat(flags(0)).as("nothing was written").isEqualTo(PackedRing.AVAIL | PackedRing.USED);
        assertThat(id(1)).isEqualTo(40);
        assertThat(length(1)).isEqualTo(7);
        assertThat(flags(1)).isEqualTo(DESC_WRITE | PackedRing.AVAIL | PackedRing.USED);
        assertThat(queue.state()).isEqualTo(new VirtqueueState(3 | WRAP, 3 | WRAP));
        make(3, true, BASE + DATA, 8, 1, DESC_NEXT);
        make(4, true, BASE + DATA, 8, 1, DESC_NEXT);
        make(0, false, BASE + DATA, 8, 1, 0);
        queue.push(queue.take(), 0);
        queue.publish();
        assertThat(flags(3)).isEqualTo(PackedRing.AVAIL | PackedRing.USED);
        assertThat(queue.state()).isEqualTo(new VirtqueueState(1, 1));
        make(1, false, BASE + DATA, 8, 1, 0);
        queue.push(queue.take(), 0);
        queue.publish();
        assertThat(flags(1)).as("used in the second lap").isZero();
    }

    @Test
    @Spec({"VP-13", "BUG-04"})
    void anIdIsNeverAnIndex() {
        PackedQueue queue = attached(0);
        int[] ids = {0xffff, SIZE, 0x8000, 0xffff, 0};
        Chain[] taken = new Chain[SIZE];
        for (int i = 0; i < SIZE; i++) {
            one(i, ids[i]);
            taken[i] = queue.take();
            assertThat(taken[i].slot()).isBetween(100, 100 + SIZE - 1);
        }
        assertThat(taken).doesNotHaveDuplicates();
        for (int i = 0; i < SIZE; i++) {
            queue.push(taken[i], 1);
        }
        queue.publish();
        for (int i = 0; i < SIZE; i++) {
            assertThat(id(i)).isEqualTo(ids[i]);
        }
    }

    @Test
    @Spec({"VP-09", "BUG-02"})
    void aListWithoutAnEndBreaksTheQueue() {
        PackedQueue queue = attached(0);
        for (int i = 0; i < SIZE; i++) {
            make(i, true, BASE + DATA, 8, 1, DESC_NEXT);
        }
        assertThat(queue.take()).isNull();
        assertThat(queue.fault()).isEqualTo(Fault.LIST_ENDLESS);
        one(0, 1);
        assertThat(queue.take()).as("broken until it is reset").isNull();
    }

    @Test
    @Spec({"VP-07", "BUG-06"})
    void descriptorsThatAreTakenCannotBeMadeAvailableAgain() {
        PackedQueue queue = attached(0);
        for (int i = 0; i < SIZE; i++) {
            one(i, i);
            assertThat(queue.take()).isNotNull();
        }
        make(0, false, BASE + DATA, 8, 7, 0);
        assertThat(queue.take()).isNull();
        assertThat(queue.fault()).isEqualTo(Fault.DESCRIPTORS_IN_FLIGHT);
        PackedQueue other = attached(0);
        one(0, 1);
        assertThat(other.take()).isNotNull();
        make(1, true, BASE + DATA, 8, 2, DESC_NEXT);
        for (int i = 2; i < SIZE; i++) {
            make(i, true, BASE + DATA, 8, 2, DESC_NEXT);
        }
        make(0, true, BASE + DATA, 8, 3, 0);
        assertThat(other.take()).as("a list that runs into the one in flight").isNull();
        assertThat(other.fault()).isEqualTo(Fault.DESCRIPTORS_IN_FLIGHT);
    }

    /** The rest of the list is what an earlier lap has left there: bounded, and in the driver's own memory. */
    @Test
    @Spec("VP-07")
    void aHeadWhoseRestIsNotAvailableYetDoesNoHarm() {
        PackedQueue queue = attached(0);
        memory.u16(16L + 14, DESC_WRITE);
        make(0, true, BASE + DATA, 8, 1, DESC_NEXT);
        Chain chain = queue.take();
        assertThat(chain.fault()).isNull();
        assertThat(chain.writableBytes()).isZero();
    }

    @Test
    @Spec("VP-11")
    void inATableOnlyTheFlagWriteCounts() {
        PackedQueue queue = attached(INDIRECT);
        int junk = 0xffff & ~DESC_WRITE;
        for (int i = 0; i < 3; i++) {
            long at = TABLE + 16L * i;
            memory.space.set(SplitRing.LE64, at, BASE + DATA + 64L * i);
            memory.space.set(SplitRing.LE32, at + 8, 10 + i);
            memory.u16(at + 12, 0xabcd);
            memory.u16(at + 14, i == 0 ? junk : junk | DESC_WRITE);
        }
        make(0, true, BASE + TABLE, 48, 3, DESC_INDIRECT | DESC_WRITE);
        Chain chain = queue.take();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(10);
        assertThat(chain.writableBytes()).isEqualTo(11 + 12);
        assertThat(chain.id()).isEqualTo(3);
        assertThat(queue.state().avail()).isEqualTo(1 | WRAP);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 15, 17, 16L * (SIZE + 1), 0xffff_fff0L})
    @Spec({"VP-10", "BUG-05"})
    void aTableOfABadLengthCostsTheListOnly(long length) {
        PackedQueue queue = attached(INDIRECT);
        make(0, true, BASE + TABLE, length, 3, DESC_INDIRECT);
        one(1, 4);
        Chain bad = queue.take();
        assertThat(bad.fault()).isEqualTo(Fault.INDIRECT_LENGTH);
        queue.push(bad, 0);
        assertThat(queue.take().fault()).isNull();
    }

    @Test
    @Spec("VP-10")
    void aTableMustBeNegotiatedAndAlone() {
        make(0, true, BASE + TABLE, 16, 3, DESC_INDIRECT);
        assertThat(attached(0).take().fault()).isEqualTo(Fault.INDIRECT_NOT_NEGOTIATED);
        make(0, true, BASE + TABLE, 16, 3, DESC_INDIRECT | DESC_NEXT);
        one(1, 4);
        PackedQueue queue = attached(INDIRECT);
        Chain bad = queue.take();
        assertThat(bad.fault()).isEqualTo(Fault.INDIRECT_WITH_NEXT);
        assertThat(bad.id()).isEqualTo(4);
        assertThat(queue.state().avail()).as("the whole list is taken").isEqualTo(2 | WRAP);
        make(0, true, BASE + DATA, 16, 3, DESC_NEXT);
        make(1, true, BASE + TABLE, 16, 3, DESC_INDIRECT);
        assertThat(attached(INDIRECT).take().fault()).isEqualTo(Fault.INDIRECT_WITH_NEXT);
    }

    @Test
    @Spec("VP-04")
    void faultsOfBuffersAreThoseOfASplitQueue() {
        make(0, true, BASE + DATA, 16, 3, DESC_WRITE | DESC_NEXT);
        make(1, true, BASE + DATA, 16, 3, 0);
        assertThat(attached(0).take().fault()).isEqualTo(Fault.READ_AFTER_WRITE);
        make(0, true, BASE + END - 8, 16, 3, DESC_WRITE);
        assertThat(attached(0).take().fault()).isEqualTo(Fault.BUFFER_UNMAPPED);
        make(0, true, BASE + DATA, 0xffff_ffffL, 3, DESC_NEXT);
        make(1, true, BASE + DATA, 2, 3, 0);
        assertThat(attached(0).take().fault()).isEqualTo(Fault.CHAIN_TOO_LARGE);
    }

    /** The rule in its own words: interrupt if the position is among the descriptors just stepped over. */
    @Test
    @Spec("VP-14")
    void withEventIdxOnlyThePositionDecides() {
        for (int start = 0; start < 2 * SIZE; start++) {
            for (int batch = 0; batch <= SIZE; batch++) {
                for (int event = start - SIZE; event < start + SIZE; event++) {
                    PackedQueue queue = attached(EVENT, position(start));
                    assertThat(queue.wantsInterrupt())
                            .as("nothing is known yet")
                            .isTrue();
                    for (int i = 0; i < batch; i++) {
                        int at = start + i;
                        make(at % SIZE, at / SIZE % 2 == 0, BASE + DATA, 8, i, 0);
                        queue.push(queue.take(), 0);
                    }
                    queue.publish();
                    wish(PackedRing.EVENT_DESC, position(Math.floorMod(event, 2 * SIZE)));
                    boolean wanted = event >= start && event < start + batch;
                    assertThat(queue.wantsInterrupt())
                            .as("start %d batch %d event %d", start, batch, event)
                            .isEqualTo(wanted);
                }
            }
        }
    }

    /** A place counted over two laps, the first with wrap counter 1. */
    private static int position(int place) {
        return place % SIZE | (place / SIZE % 2 == 0 ? WRAP : 0);
    }

    @Test
    @Spec("VP-14")
    void whatTheDriverMustNotWriteCountsAsEnable() {
        for (long features : new long[] {0, EVENT}) {
            PackedQueue queue = attached(features);
            queue.wantsInterrupt();
            wish(PackedRing.EVENT_DISABLE, 0);
            assertThat(queue.wantsInterrupt()).isFalse();
            wish(PackedRing.EVENT_ENABLE, 0);
            assertThat(queue.wantsInterrupt()).isTrue();
            for (int flags : new int[] {3, 4, 0x8001, 0xffff}) {
                wish(flags, 0);
                assertThat(queue.wantsInterrupt()).isTrue();
            }
            wish(PackedRing.EVENT_DESC, SIZE);
            assertThat(queue.wantsInterrupt()).as("outside of the ring").isTrue();
        }
        PackedQueue queue = attached(0);
        queue.wantsInterrupt();
        wish(PackedRing.EVENT_DESC, 3);
        assertThat(queue.wantsInterrupt()).as("positions were not negotiated").isTrue();
    }

    @Test
    @Spec({"VP-14", "VP-15"})
    void theDeviceAsksForKicksAtItsNextPlace() {
        PackedQueue queue = attached(EVENT, 3);
        assertThat(queue.enableKicks()).isFalse();
        assertThat(memory.u16(DEVICE)).isEqualTo(3);
        assertThat(memory.u16(DEVICE + 2)).isEqualTo(PackedRing.EVENT_DESC);
        queue.disableKicks();
        assertThat(memory.u16(DEVICE + 2)).isEqualTo(PackedRing.EVENT_DISABLE);
        make(3, false, BASE + DATA, 8, 0, 0);
        assertThat(queue.enableKicks())
                .as("a list came in before the wish was seen")
                .isTrue();
        PackedQueue plain = attached(0, 4 | WRAP);
        assertThat(plain.enableKicks()).isFalse();
        assertThat(memory.u16(DEVICE + 2)).isEqualTo(PackedRing.EVENT_ENABLE);
    }

    @Test
    @Spec("VP-02")
    void aHundredThousandListsOfRandomLengthInARingOfThree() {
        var random = new Random(3);
        var slots = slots(3);
        var queue = new PackedQueue(0, 3, 0, VirtqueueState.PACKED_START, memory, InFlight.NONE, slots);
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isTrue();
        int next = 0;
        boolean wrap = true;
        for (int k = 0; k < 100_000; k++) {
            int length = 1 + random.nextInt(3);
            int first = next;
            boolean firstWrap = wrap;
            for (int i = 0; i < length; i++) {
                make(next, wrap, BASE + DATA, 8, k, i + 1 < length ? DESC_NEXT : 0);
                if (++next == 3) {
                    next = 0;
                    wrap = !wrap;
                }
            }
            Chain chain = queue.take();
            assertThat(chain.id()).isEqualTo(k & 0xffff);
            assertThat(chain.readableBytes()).isEqualTo(8L * length);
            queue.push(chain, 0);
            queue.publish();
            assertThat(flags(first)).isEqualTo(PackedRing.used(firstWrap));
            assertThat(queue.take()).isNull();
        }
    }

    @Test
    void attachingAgainGoesOnWhereTheQueueWas() {
        PackedQueue queue = attached(0);
        one(0, 9);
        queue.push(queue.take(), 1);
        memory.replace(TestMemory.region(BASE, END, 0));
        assertThat(queue.attach(BASE, BASE + DRIVER, BASE + DEVICE)).isTrue();
        queue.publish();
        assertThat(flags(0) & PackedRing.USED).isNotZero();
        assertThat(queue.state().avail()).isEqualTo(1 | WRAP);
    }
}
