package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver's side against a packed ring that the test, as the device, writes byte by byte. */
class PackedDriverTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 5;
    private static final long TABLE = 0x400;
    private static final long INDIRECT = VirtioFeatures.RING_INDIRECT_DESC;
    private static final long EVENT = VirtioFeatures.RING_EVENT_IDX;
    private static final int WRAP = VirtqueueState.WRAP;

    private final TestMemory memory = TestMemory.flat(0x1000, BASE);
    private final RingAddresses rings = RingAddresses.contiguous(true, SIZE, 4, 0, BASE);
    private final ChainBuffers buffers = new ChainBuffers();

    private PackedDriver driver(long features, int position) {
        return new PackedDriver(memory.space, rings, features, new VirtqueueState(position, position));
    }

    private ChainBuffers one() {
        return buffers.clear().readable(BASE + 0x800, 16).writable(BASE + 0x900, 512);
    }

    private void use(int position, boolean wrap, int id, long length, int flags) {
        long at = 16L * position;
        memory.u16(at + 12, id);
        memory.space.set(SplitRing.LE32, at + 8, (int) length);
        memory.u16(at + 14, flags | PackedRing.used(wrap));
    }

    private int flags(int position) {
        return memory.u16(16L * position + 14);
    }

    @Test
    @Spec("VP-07")
    void theFirstDescriptorIsMadeAvailableLast() {
        PackedDriver driver = driver(0, WRAP);
        int id = driver.add(one());
        assertThat(flags(0)).as("not visible").isZero();
        assertThat(flags(1)).isEqualTo(SplitRing.DESC_WRITE | PackedRing.AVAIL);
        assertThat(memory.u16(16 + 12)).isEqualTo(id);
        driver.publish();
        assertThat(flags(0)).isEqualTo(SplitRing.DESC_NEXT | PackedRing.AVAIL);
        assertThat(memory.space.get(SplitRing.LE64, 0)).isEqualTo(BASE + 0x800);
        assertThat(memory.space.get(SplitRing.LE32, 16 + 8)).isEqualTo(512);
        assertThat(driver.freeDescriptors()).isEqualTo(SIZE - 2);
    }

    @Test
    @Spec("VP-10")
    void aTableStandsAlone() {
        PackedDriver driver = driver(INDIRECT, WRAP);
        one();
        assertThatThrownBy(() -> driver.add(buffers, 1, TABLE, BASE + TABLE))
                .isInstanceOf(IllegalArgumentException.class);
        int id = driver.add(buffers, 0, TABLE, BASE + TABLE);
        driver.publish();
        assertThat(id).isNotNegative();
        assertThat(flags(0)).isEqualTo(SplitRing.DESC_INDIRECT | PackedRing.AVAIL);
        assertThat(memory.space.get(SplitRing.LE32, 8)).isEqualTo(32);
        assertThat(memory.u16(TABLE + 14)).as("no flag NEXT").isZero();
        assertThat(memory.u16(TABLE + 16 + 14)).isEqualTo(SplitRing.DESC_WRITE);
        assertThatThrownBy(() -> driver(0, WRAP).addTable(one(), BASE + TABLE))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Spec("VP-12")
    void theLengthCountsOnlyWithTheFlagWrite() {
        PackedDriver driver = driver(0, 3);
        int id = driver.add(one());
        driver.publish();
        use(3, false, id, 77, 0);
        assertThat(driver.poll()).isEqualTo(id);
        assertThat(driver.usedLength()).isZero();
        id = driver.add(one());
        driver.publish();
        use(0, true, id, 77, SplitRing.DESC_WRITE);
        assertThat(driver.poll()).isEqualTo(id);
        assertThat(driver.usedLength()).isEqualTo(77);
        assertThat(driver.state().used()).isEqualTo(2 | WRAP);
        assertThat(driver.poll()).isEqualTo(VirtqueueDriver.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 0x7fff, 0x8000, 0xffff})
    @Spec("BUG-04")
    void anIdThatIsNotOutstandingBreaksTheQueue(int id) {
        PackedDriver driver = driver(0, WRAP);
        assertThat(driver.add(one())).isZero();
        driver.publish();
        use(0, true, id, 0, 0);
        assertThat(driver.poll()).isEqualTo(VirtqueueDriver.BROKEN);
        assertThat(driver.brokenBecause()).contains("id " + id);
        assertThat(driver.poll()).isEqualTo(VirtqueueDriver.BROKEN);
    }

    @Test
    void aListThatIsGivenBackBeforeItWasShownBreaksTheQueue() {
        PackedDriver driver = driver(0, WRAP);
        int id = driver.add(one());
        use(0, true, id, 0, 0);
        assertThat(driver.poll()).isEqualTo(VirtqueueDriver.BROKEN);
    }

    @Test
    @Spec("VS-17")
    void moreThanCanBeWrittenBreaksTheQueue() {
        PackedDriver driver = driver(0, WRAP);
        int id = driver.add(one());
        driver.publish();
        use(0, true, id, 513, SplitRing.DESC_WRITE);
        assertThat(driver.poll()).isEqualTo(VirtqueueDriver.BROKEN);
        assertThat(driver.brokenBecause()).contains("513 of 512");
    }

    @Test
    void aFullQueueTakesNothing() {
        PackedDriver driver = driver(INDIRECT, 2);
        assertThat(driver.add(one())).isNotNegative();
        assertThat(driver.add(one())).isNotNegative();
        assertThat(driver.add(one())).isEqualTo(VirtqueueDriver.FULL);
        assertThat(driver.addTable(one(), BASE + TABLE)).isNotNegative();
        assertThat(driver.addTable(one(), BASE + TABLE)).isEqualTo(VirtqueueDriver.FULL);
        assertThat(driver.outstanding()).isEqualTo(3);
    }

    /** The rule in its own words: kick if the position is among the descriptors just made available. */
    @Test
    @Spec("VP-14")
    void withEventIdxOnlyThePositionDecides() {
        for (int start = 0; start < 2 * SIZE; start++) {
            for (int batch = 0; batch <= SIZE; batch++) {
                for (int event = start - SIZE; event < start + SIZE; event++) {
                    PackedDriver driver = driver(EVENT, position(start));
                    for (int i = 0; i < batch; i++) {
                        driver.add(buffers.clear().readable(BASE, 8));
                    }
                    driver.publish();
                    memory.u16(rings.deviceHost(), position(Math.floorMod(event, 2 * SIZE)));
                    memory.u16(rings.deviceHost() + 2, PackedRing.EVENT_DESC);
                    assertThat(driver.needsKick())
                            .as("start %d batch %d event %d", start, batch, event)
                            .isEqualTo(event >= start && event < start + batch);
                    assertThat(driver.needsKick()).as("asked twice").isFalse();
                }
            }
        }
    }

    private static int position(int place) {
        return place % SIZE | (place / SIZE % 2 == 0 ? WRAP : 0);
    }

    @Test
    @Spec("VP-14")
    void itsWishesAreWrittenAsTheDeviceReadsThem() {
        PackedDriver driver = driver(EVENT, 3);
        driver.add(one());
        driver.publish();
        assertThat(driver.enableInterruptsAfter(4)).isFalse();
        assertThat(memory.u16(rings.driverHost())).as("3 behind place 3").isEqualTo(1 | WRAP);
        assertThat(memory.u16(rings.driverHost() + 2)).isEqualTo(PackedRing.EVENT_DESC);
        driver.disableInterrupts();
        assertThat(memory.u16(rings.driverHost() + 2)).isEqualTo(PackedRing.EVENT_DISABLE);
        use(3, false, 0, 0, 0);
        assertThat(driver.enableInterrupts()).isTrue();
        assertThat(driver(0, WRAP).enableInterrupts()).isFalse();
        assertThat(memory.u16(rings.driverHost() + 2)).isEqualTo(PackedRing.EVENT_ENABLE);
    }

    @Test
    void aStartOutsideOfTheRingIsRefused() {
        assertThatThrownBy(() -> driver(0, SIZE)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PackedDriver(memory.space, rings, 0, VirtqueueState.FROM_USED))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
