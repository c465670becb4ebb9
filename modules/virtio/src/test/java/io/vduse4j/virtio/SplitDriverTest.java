package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver's side against a device that the test plays, also a hostile one. */
class SplitDriverTest {

    private static final int SIZE = 8;
    private static final long DEVICE = 0x10_0000;
    private static final long TABLE = 0x800;
    private static final long EVENT = VirtioFeatures.RING_EVENT_IDX;
    private static final long INDIRECT = VirtioFeatures.RING_INDIRECT_DESC;

    private final TestMemory memory = TestMemory.flat(0x1000, DEVICE);
    private final RingAddresses rings = RingAddresses.contiguous(SIZE, 4, 0, DEVICE);
    private final ChainBuffers buffers = new ChainBuffers();

    private SplitDriver driver(long features, int start) {
        return new SplitDriver(memory.space, rings, features, VirtqueueState.split(start));
    }

    private ChainBuffers one() {
        return buffers.clear().readable(DEVICE, 16).writable(DEVICE + 0x100, 512);
    }

    /** The device's used ring, written by the test. */
    private void use(int index, int id, int length) {
        long at = rings.deviceHost() + 4 + 8L * (index % SIZE);
        memory.space.set(SplitRing.LE32, at, id);
        memory.space.set(SplitRing.LE32, at + 4, length);
        memory.u16(rings.deviceHost() + 2, index + 1);
    }

    private int usedEvent() {
        return memory.u16(rings.driverHost() + 4 + 2L * SIZE);
    }

    private void availEvent(int index) {
        memory.u16(rings.deviceHost() + 4 + 8L * SIZE, index);
    }

    @Test
    @Spec("VS-01")
    void thePartsLieBehindEachOtherAligned() {
        for (int size = 1; size <= SplitRing.MAX_SIZE; size *= 2) {
            for (int alignment : new int[] {4, 64, 4096}) {
                var at = RingAddresses.contiguous(size, alignment, 0x1000, 0x9000);
                assertThat(at.descHost()).isEqualTo(0x1000);
                assertThat(at.driver() - at.desc()).isEqualTo(16L * size);
                assertThat(at.device() - at.driver()).isGreaterThanOrEqualTo(6 + 2L * size);
                assertThat(at.device() % alignment).isZero();
                assertThat(at.device() - at.driver() - 6 - 2L * size).isLessThan(alignment);
                assertThat(at.deviceHost() - at.descHost()).isEqualTo(at.device() - at.desc());
                assertThat(RingAddresses.bytes(size, alignment)).isEqualTo(at.device() - at.desc() + 6 + 8L * size);
            }
        }
        assertThatThrownBy(() -> RingAddresses.bytes(8, 6)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RingAddresses.bytes(8, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RingAddresses.contiguous(6, 4, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RingAddresses.contiguous(8, 4, 8, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RingAddresses.contiguous(8, 4, 0, 8)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Spec("VS-04")
    void buffersStandInTheOrderThatTheDeviceWants() {
        assertThatThrownBy(() -> buffers.writable(0, 1).readable(0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buffers.writable(0, 1L << 32)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> buffers.writable(0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDirectChainLooksAsTheSpecificationWantsIt() {
        SplitDriver driver = driver(0, 0);
        int head = driver.add(one());
        long at = 16L * head;
        assertThat(memory.space.get(SplitRing.LE64, at)).isEqualTo(DEVICE);
        assertThat(memory.space.get(SplitRing.LE32, at + 8)).isEqualTo(16);
        assertThat(memory.u16(at + 12)).isEqualTo(SplitRing.DESC_NEXT);
        at = 16L * memory.u16(at + 14);
        assertThat(memory.space.get(SplitRing.LE64, at)).isEqualTo(DEVICE + 0x100);
        assertThat(memory.space.get(SplitRing.LE32, at + 8)).isEqualTo(512);
        assertThat(memory.u16(at + 12)).isEqualTo(SplitRing.DESC_WRITE);
        assertThat(memory.u16(rings.driverHost() + 4)).isEqualTo(head);
        assertThat(memory.u16(rings.driverHost() + 2)).as("not visible yet").isZero();
        driver.publish();
        assertThat(memory.u16(rings.driverHost() + 2)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Spec("VS-11")
    void aTableHoldsTheBuffersBehindTheDirectOnes(int direct) {
        SplitDriver driver = driver(INDIRECT, 0);
        int head = driver.add(one().writable(DEVICE + 0x700, 1), direct, TABLE, DEVICE + TABLE);
        assertThat(driver.freeDescriptors()).isEqualTo(SIZE - direct - 1);
        long at = 16L * head;
        for (int i = 0; i < direct; i++) {
            assertThat(memory.u16(at + 12) & SplitRing.DESC_NEXT).isEqualTo(SplitRing.DESC_NEXT);
            at = 16L * memory.u16(at + 14);
        }
        assertThat(memory.u16(at + 12)).isEqualTo(SplitRing.DESC_INDIRECT);
        assertThat(memory.space.get(SplitRing.LE64, at)).isEqualTo(DEVICE + TABLE);
        assertThat(memory.space.get(SplitRing.LE32, at + 8)).isEqualTo(16 * (3 - direct));
        driver.publish();
        Chain chain = TestMemory.chain(head, 4);
        assertThat(new SplitWalker(SIZE, true, memory).walk(0, 0, chain)).isNull();
        assertThat(chain.readableBytes()).isEqualTo(16);
        assertThat(chain.writableBytes()).isEqualTo(513);
        assertThat(chain.lastWritable()).isEqualTo(0x700);
    }

    @Test
    @Spec("VS-11")
    void aTableCanBeWrittenBeforeItHasAnAddress() {
        SplitDriver driver = driver(INDIRECT, 0);
        one().writable(DEVICE + 0x700, 1);
        MemorySegment own = MemorySegment.ofArray(new long[6]);
        buffers.writeTable(own, false);
        memory.space.asSlice(TABLE, own.byteSize()).copyFrom(own);
        int head = driver.addTable(buffers, DEVICE + TABLE);
        assertThat(driver.freeDescriptors()).isEqualTo(SIZE - 1);
        driver.publish();
        Chain chain = TestMemory.chain(head, 4);
        assertThat(new SplitWalker(SIZE, true, memory).walk(0, 0, chain)).isNull();
        assertThat(chain.readableBytes()).isEqualTo(16);
        assertThat(chain.writableBytes()).isEqualTo(513);
        assertThat(chain.lastWritable()).isEqualTo(0x700);
        for (int i = 1; i < SIZE; i++) {
            assertThat(driver.addTable(buffers, DEVICE + TABLE)).isNotEqualTo(SplitDriver.FULL);
        }
        assertThat(driver.addTable(buffers, DEVICE + TABLE)).isEqualTo(SplitDriver.FULL);
    }

    @Test
    @Spec("VS-09")
    void aTableThatWasNotNegotiatedAndAChainTooLongAreRefused() {
        SplitDriver driver = driver(0, 0);
        assertThatThrownBy(() -> driver.addTable(one(), DEVICE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> driver(INDIRECT, 0).addTable(buffers.clear(), DEVICE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> driver.add(one(), 1, TABLE, DEVICE)).isInstanceOf(IllegalStateException.class);
        buffers.clear();
        assertThatThrownBy(() -> driver.add(buffers)).isInstanceOf(IllegalArgumentException.class);
        for (int i = 0; i <= SIZE; i++) {
            buffers.readable(DEVICE, 1);
        }
        assertThatThrownBy(() -> driver.add(buffers)).isInstanceOf(IllegalArgumentException.class);
        assertThat(driver.freeDescriptors()).isEqualTo(SIZE);
    }

    @Test
    void descriptorsAreCountedAndComeBack() {
        SplitDriver driver = driver(0, 0);
        Set<Integer> heads = new HashSet<>();
        for (int i = 0; i < SIZE / 2; i++) {
            heads.add(driver.add(one()));
        }
        assertThat(heads).hasSize(SIZE / 2).doesNotContain(SplitDriver.FULL);
        assertThat(driver.freeDescriptors()).isZero();
        assertThat(driver.add(one())).isEqualTo(SplitDriver.FULL);
        driver.publish();
        assertThat(driver.poll()).isEqualTo(SplitDriver.NOTHING);
        int k = 0;
        for (int head : heads) {
            use(k, head, 512);
            assertThat(driver.poll()).isEqualTo(head);
            assertThat(driver.usedLength()).isEqualTo(512);
            assertThat(driver.state().used()).isEqualTo(++k);
            assertThat(driver.freeDescriptors()).isEqualTo(2 * k);
        }
        assertThat(driver.outstanding()).isZero();
        for (int i = 0; i < SIZE / 2; i++) {
            assertThat(driver.add(one())).isNotEqualTo(SplitDriver.FULL);
        }
    }

    private void breaks(SplitDriver driver, String because) {
        int free = driver.freeDescriptors();
        assertThat(driver.poll()).isEqualTo(SplitDriver.BROKEN);
        assertThat(driver.poll()).isEqualTo(SplitDriver.BROKEN);
        assertThat(driver.isBroken()).isTrue();
        assertThat(driver.brokenBecause()).contains(because);
        assertThat(driver.freeDescriptors()).isEqualTo(free);
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE - 1, -1, Integer.MIN_VALUE, 0x10000})
    @Spec("BUG-04")
    void anIdThatIsNotOutstandingBreaksTheQueue(int id) {
        SplitDriver driver = driver(0, 0);
        driver.add(one());
        driver.publish();
        use(0, id, 0);
        breaks(driver, "not outstanding");
    }

    @Test
    @Spec("BUG-04")
    void anIdThatCameBackAlreadyBreaksTheQueue() {
        SplitDriver driver = driver(0, 0);
        int head = driver.add(one());
        driver.add(one());
        driver.publish();
        use(0, head, 0);
        assertThat(driver.poll()).isEqualTo(head);
        use(1, head, 0);
        breaks(driver, "not outstanding");
    }

    @Test
    @Spec("BUG-04")
    void theMiddleOfAChainIsNotItsId() {
        SplitDriver driver = driver(0, 0);
        int head = driver.add(one());
        driver.publish();
        use(0, memory.u16(16L * head + 14), 0);
        breaks(driver, "not outstanding");
    }

    @Test
    void aChainThatWasNotPublishedCannotComeBack() {
        SplitDriver driver = driver(0, 0);
        int seen = driver.add(one());
        driver.publish();
        int hidden = driver.add(one());
        use(0, hidden, 0);
        assertThat(hidden).isNotEqualTo(seen);
        breaks(driver, "not outstanding");
    }

    @Test
    void anIndexThatRunsAheadBreaksTheQueue() {
        SplitDriver driver = driver(0, 65535);
        int head = driver.add(one());
        driver.publish();
        use(65535, head, 0);
        memory.u16(rings.deviceHost() + 2, 1);
        breaks(driver, "2 ahead with 1");
    }

    @Test
    void anIndexThatGoesBackBreaksTheQueue() {
        SplitDriver driver = driver(0, 0);
        driver.add(one());
        driver.publish();
        memory.u16(rings.deviceHost() + 2, 65535);
        breaks(driver, "65535 ahead");
    }

    @Test
    @Spec("VS-17")
    void aLengthThatCannotBeBreaksTheQueue() {
        SplitDriver driver = driver(0, 0);
        int head = driver.add(one());
        driver.publish();
        use(0, head, 513);
        breaks(driver, "513 of 512");
    }

    @Test
    void aDeviceThatRewritesTheTableDoesNotConfuseTheAccount() {
        SplitDriver driver = driver(0, 0);
        int head = driver.add(one());
        driver.publish();
        memory.space.asSlice(0, 16L * SIZE).fill((byte) 0xff);
        use(0, head, 0);
        assertThat(driver.poll()).isEqualTo(head);
        assertThat(driver.freeDescriptors()).isEqualTo(SIZE);
        for (int i = 0; i < SIZE / 2; i++) {
            assertThat(driver.add(one())).isBetween(0, SIZE - 1);
        }
    }

    /** A chain may stay with the device while the 16-bit indices go round. */
    @Test
    void aChainThatStaysAwayFor70000OthersIsStillOutstanding() {
        SplitDriver driver = driver(0, 0);
        int slow = driver.add(one());
        driver.publish();
        int index = 0;
        for (; index < 70_000; index++) {
            int head = driver.add(one());
            driver.publish();
            use(index, head, 1);
            assertThat(driver.poll()).isEqualTo(head);
            if (index % 1000 == 0) {
                driver.add(one());
                driver.publish();
                int other = memory.u16(rings.driverHost() + 4 + 2L * ((driver.publishedIndex() - 1) % SIZE));
                use(++index, other, 0);
                assertThat(driver.poll()).isEqualTo(other);
            }
        }
        driver.add(one()); // not published: its place must not be taken for the slow one's
        use(index, slow, 0);
        assertThat(driver.poll()).isEqualTo(slow);
    }

    @Test
    @Spec({"VS-13", "VS-18"})
    void withoutEventIdxTheDevicesFlagDecidesAboutKicks() {
        SplitDriver driver = driver(0, 0);
        availEvent(0);
        assertThat(driver.needsKick()).as("nothing new").isFalse();
        for (int flags : new int[] {0, 1}) {
            memory.u16(rings.deviceHost(), flags);
            driver.add(one());
            driver.publish();
            assertThat(driver.needsKick()).isEqualTo(flags == 0);
            assertThat(driver.needsKick()).isFalse();
        }
    }

    /** The rule in its own words: kick if the entry that avail_event names is among those just published. */
    @Test
    @Spec({"VS-14", "VS-18"})
    void withEventIdxTheEventDecidesAboutKicks() {
        for (int old = 65536 - SIZE - 4; old < 65536 + SIZE + 4; old++) {
            for (int batch = 0; batch <= SIZE; batch++) {
                for (int event = old - SIZE - 2; event < old + 2 * SIZE + 2; event++) {
                    SplitDriver driver = driver(EVENT, old & 0xffff);
                    for (int i = 0; i < batch; i++) {
                        driver.add(buffers.clear().readable(DEVICE, 1));
                    }
                    driver.publish();
                    memory.u16(rings.deviceHost(), event & 1); // must not matter
                    availEvent(event);
                    if (driver.needsKick() != (event >= old && event < old + batch)) {
                        throw new AssertionError("old " + old + " batch " + batch + " event " + event);
                    }
                }
            }
        }
    }

    @Test
    @Spec({"VS-13", "VS-14"})
    void interruptsAreAskedForAsTheFeatureSays() {
        SplitDriver flags = driver(0, 65535);
        assertThat(memory.u16(rings.driverHost())).isZero();
        flags.disableInterrupts();
        assertThat(memory.u16(rings.driverHost())).isEqualTo(1);
        assertThat(flags.enableInterrupts()).isFalse();
        assertThat(memory.u16(rings.driverHost())).isZero();
        assertThat(usedEvent()).isZero();
        int head = flags.add(one());
        flags.publish();
        use(65535, head, 0);
        assertThat(flags.enableInterrupts()).isTrue();

        SplitDriver event = driver(EVENT, 65535);
        assertThat(usedEvent()).isEqualTo(65535);
        event.disableInterrupts();
        assertThat(memory.u16(rings.driverHost())).isZero();
        assertThat(usedEvent()).isEqualTo(65534);
        assertThat(event.enableInterruptsAfter(3)).isFalse();
        assertThat(usedEvent()).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            head = event.add(one());
            event.publish();
            use(65535 + i, head, 0);
            assertThat(event.enableInterruptsAfter(3)).isEqualTo(i == 2);
        }
        assertThat(event.enableInterrupts()).isTrue();
        assertThatThrownBy(() -> event.enableInterruptsAfter(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> event.enableInterruptsAfter(SIZE + 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aNewQueueForgetsWhatWasInTheMemory() {
        memory.space.fill((byte) 0xff);
        SplitDriver driver = driver(0, 9);
        assertThat(driver.poll()).isEqualTo(SplitDriver.NOTHING);
        assertThat(memory.u16(rings.driverHost() + 2)).isEqualTo(9);
        assertThat(memory.u16(rings.deviceHost() + 2)).isEqualTo(9);
        assertThat(driver.publishedIndex()).isEqualTo(9);
        assertThatThrownBy(() -> driver(0, 65536)).isInstanceOf(IllegalArgumentException.class);
    }
}
