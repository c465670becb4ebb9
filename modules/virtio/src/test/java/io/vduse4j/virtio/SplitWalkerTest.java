package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each chain that a driver can write becomes. The descriptor table lies at 0, device addresses start at BASE. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SplitWalkerTest {

    private static final long BASE = 0x10_0000;
    private static final int SIZE = 8;
    private static final long BYTES = 64 << 10;
    /** Host offset of buffers. */
    private static final long DATA = 0x4000;
    /** Host offset of an indirect table. */
    private static final long TABLE = 0x1000;

    private final TestMemory memory = TestMemory.flat(BYTES, BASE);
    private final Chain chain = TestMemory.chain(0, 16);

    private Fault walk() {
        return walk(SIZE, true);
    }

    private Fault walk(int size, boolean indirect) {
        return new SplitWalker(size, indirect, memory).walk(0, 0, chain);
    }

    private void direct(int index, long host, long length, int flags, int next) {
        memory.descriptor(0, index, BASE + host, length, flags, next);
    }

    private void table(int index, long host, long length, int flags, int next) {
        memory.descriptor(TABLE, index, BASE + host, length, flags, next);
    }

    private void refersToTable(int index, long length, int flags) {
        direct(index, TABLE, length, DESC_INDIRECT | flags, 0);
    }

    @Test
    void aDirectChainIsTakenAsItStands() {
        direct(0, DATA, 16, DESC_NEXT, 5);
        direct(5, DATA + 100, 512, DESC_NEXT, 2);
        direct(2, DATA + 1000, 512, DESC_NEXT | DESC_WRITE, 7);
        direct(7, DATA + 2000, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(528);
        assertThat(chain.writableBytes()).isEqualTo(513);
        assertThat(chain.lastWritable()).isEqualTo(DATA + 2000);
    }

    @Test
    void aChainAsLongAsTheQueueIsTaken() {
        for (int i = 0; i < SIZE; i++) {
            direct(i, DATA + 100L * i, 10, i < SIZE - 1 ? DESC_NEXT : 0, i + 1);
        }
        assertThat(walk()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(10 * SIZE);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 7})
    @Spec({"VS-08", "BUG-02"})
    void aLoopOfAnyLengthEnds(int last) {
        for (int i = 0; i <= last; i++) {
            direct(i, DATA + 100L * i, 10, DESC_NEXT, i == last ? 0 : i + 1);
        }
        assertThat(walk()).isEqualTo(Fault.CHAIN_TOO_LONG);
    }

    @Test
    @Spec({"VS-08", "BUG-02"})
    void aLoopOfEmptyBuffersEnds() {
        direct(0, DATA, 0, DESC_NEXT, 1);
        direct(1, DATA, 0, DESC_NEXT, 0);
        assertThat(walk()).isEqualTo(Fault.CHAIN_TOO_LONG);
    }

    @Test
    @Spec({"VS-08", "BUG-02"})
    void aLoopWithinATableEnds() {
        refersToTable(0, 32, 0);
        table(0, DATA, 4, DESC_NEXT, 1);
        table(1, DATA, 4, DESC_NEXT, 0);
        assertThat(walk()).isEqualTo(Fault.CHAIN_TOO_LONG);
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE + 1, 0x7fff, 0x8000, 0xffff})
    @Spec("BUG-04")
    void nextOutsideOfTheTableIsRefused(int next) {
        direct(0, DATA, 16, DESC_NEXT, next);
        assertThat(walk()).isEqualTo(Fault.NEXT_OUT_OF_RANGE);
    }

    @Test
    @Spec("BUG-04")
    void nextBehindTheIndirectTableIsRefusedThoughTheQueueIsLonger() {
        refersToTable(0, 32, 0);
        table(0, DATA, 16, DESC_NEXT, 2);
        assertThat(walk()).isEqualTo(Fault.NEXT_OUT_OF_RANGE);
    }

    @Test
    void nextWithoutItsFlagIsIgnored() {
        direct(0, DATA, 16, 0, 0xffff);
        assertThat(walk()).isNull();
    }

    @Test
    @Spec("VS-09")
    void indirectThatWasNotNegotiatedIsRefused() {
        refersToTable(0, 16, 0);
        table(0, DATA, 16, 0, 0);
        assertThat(walk(SIZE, false)).isEqualTo(Fault.INDIRECT_NOT_NEGOTIATED);
        assertThat(walk(SIZE, true)).isNull();
    }

    @Test
    @Spec("VS-09")
    void nestedIndirectIsRefused() {
        refersToTable(0, 16, 0);
        table(0, TABLE, 16, DESC_INDIRECT, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_NESTED);
    }

    @Test
    @Spec("VS-09")
    void indirectWithNextIsRefused() {
        refersToTable(0, 16, DESC_NEXT);
        table(0, DATA, 16, 0, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_WITH_NEXT);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 15, 17, 31, 16L * (SIZE + 1), 0xffff_fff0L, 0xffff_ffffL})
    @Spec({"VS-09", "BUG-05"})
    void aTableOfABadLengthIsRefused(long length) {
        refersToTable(0, length, 0);
        table(0, DATA, 16, 0, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_LENGTH);
    }

    @Test
    @Spec("VS-10")
    void theWriteFlagOfTheTablesDescriptorIsIgnored() {
        refersToTable(0, 48, DESC_WRITE);
        table(0, DATA, 16, DESC_NEXT, 1);
        table(1, DATA + 100, 512, DESC_NEXT, 2);
        table(2, DATA + 1000, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(528);
        assertThat(chain.writableBytes()).isEqualTo(1);
    }

    @Test
    @Spec("VS-11")
    void directBuffersMayStandBeforeATable() {
        direct(0, DATA, 16, DESC_NEXT, 3);
        direct(3, DATA + 100, 8, DESC_NEXT, 6);
        refersToTable(6, 32, 0);
        table(0, DATA + 200, 512, DESC_NEXT, 1);
        table(1, DATA + 1000, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(16 + 8 + 512);
        assertThat(chain.readablePieces()).isEqualTo(3);
        assertThat(chain.lastWritable()).isEqualTo(DATA + 1000);
    }

    @Test
    @Spec({"VS-09", "VS-03"})
    void directAndIndirectBuffersTogetherMayBeAsManyAsTheQueueHas() {
        direct(0, DATA, 16, DESC_NEXT, 1);
        refersToTable(1, 16 * SIZE, 0);
        for (int i = 0; i < SIZE; i++) {
            table(i, DATA + 100L * i, 1, i < SIZE - 2 ? DESC_NEXT : 0, i + 1);
        }
        assertThat(walk()).isNull();
        table(SIZE - 2, DATA, 1, DESC_NEXT, SIZE - 1);
        assertThat(walk()).isEqualTo(Fault.CHAIN_TOO_LONG);
    }

    @Test
    @Spec("VS-04")
    void aReadableBufferBehindAWritableOneIsRefused() {
        direct(0, DATA, 16, DESC_NEXT, 1);
        direct(1, DATA + 100, 512, DESC_NEXT | DESC_WRITE, 2);
        direct(2, DATA + 1000, 1, 0, 0);
        assertThat(walk()).isEqualTo(Fault.READ_AFTER_WRITE);
    }

    @Test
    @Spec("BUG-03")
    void anEmptyBufferIsNothingWhereverItLies() {
        memory.descriptor(0, 0, -1, 0, DESC_NEXT, 1);
        direct(1, DATA, 16, DESC_NEXT, 2);
        memory.descriptor(0, 2, 0, 0, DESC_NEXT | DESC_WRITE, 3);
        direct(3, DATA + 100, 1, DESC_NEXT | DESC_WRITE, 4);
        memory.descriptor(0, 4, BASE - 1, 0, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readablePieces() + chain.writablePieces()).isEqualTo(2);
        assertThat(chain.lastWritable()).isEqualTo(DATA + 100);
        assertThat(memory.resolved).isZero();
    }

    @Test
    @Spec({"VS-08", "BUG-02", "BUG-05"})
    void moreThanTwoToThe32BytesAreRefused() {
        TestMemory huge = TestMemory.flat(BYTES, 0);
        // One region of 2^40 device addresses; only the sum of the lengths is looked at.
        huge.replace(TestMemory.region(0, 1L << 40, 0));
        huge.descriptor(0, 0, 0, 0xffff_ffffL, DESC_NEXT, 1);
        huge.descriptor(0, 1, 0, 1, 0, 0);
        var walker = new SplitWalker(SIZE, true, huge);
        assertThat(walker.walk(0, 0, chain)).isNull();
        assertThat(chain.readableBytes()).isEqualTo(1L << 32);
        huge.descriptor(0, 1, 0, 2, 0, 0);
        assertThat(walker.walk(0, 0, chain)).isEqualTo(Fault.CHAIN_TOO_LARGE);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 4096, 4080, 0})
    @Spec("BUG-18")
    void aTableOf1024EntriesMayCrossThreeRegions(int misfit) {
        int size = 1024;
        int tableBytes = 16 * size;
        long at = 0x100_0000;
        var space = new TestMemory(1 << 20, TestMemory.region(0, 4096, 0));
        // Device addresses in a row, host addresses out of order.
        space.replace(
                TestMemory.region(0, 0x1000, 0),
                TestMemory.region(at, 4096 + misfit, 0x8_0000),
                TestMemory.region(at + 4096 + misfit, 5000, 0x2_0000),
                TestMemory.region(at + 9096 + misfit, tableBytes, 0x5_0000),
                TestMemory.region(BASE, 0x1_0000, 0xa_0000));
        long first = 4096L + misfit;
        for (long i = 0; i < tableBytes; i++) { // byte by byte: an entry may straddle two regions
            long entry = i / 16;
            long half = i % 16 < 8 ? BASE + 8 * entry : 4 | (long) flags(entry, size) << 32 | (entry + 1) << 48;
            long shift = 8 * (i % 8);
            long host =
                    i < first ? 0x8_0000 + i : i < first + 5000 ? 0x2_0000 + i - first : 0x5_0000 + i - first - 5000;
            space.pattern(host, 1, ignored -> half >>> shift);
        }
        space.descriptor(0, 0, at, tableBytes, DESC_INDIRECT, 0);
        Chain big = TestMemory.chain(0, size);
        assertThat(new SplitWalker(size, true, space).walk(0, 0, big)).isNull();
        assertThat(big.fault()).isNull();
        assertThat(big.readablePieces() + big.writablePieces()).isEqualTo(size);
        assertThat(big.readableBytes()).isEqualTo(4L * (size - 1));
        assertThat(big.writableBytes()).isEqualTo(4);
    }

    private static int flags(long entry, int size) {
        return entry == size - 1 ? DESC_WRITE : DESC_NEXT;
    }

    @Test
    @Spec("BUG-03")
    void aTableThatIsNotAllMappedOrNotReadableIsRefused() {
        memory.replace(
                TestMemory.region(BASE, 0x2000, 0),
                TestMemory.region(BASE + 0x2000, 0x1000, 0x2000, GuestMemory.WRITE));
        memory.descriptor(0, 0, BASE + 0x1ff0, 32, DESC_INDIRECT, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_UNMAPPED);
        memory.descriptor(0, 0, BASE - 16, 32, DESC_INDIRECT, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_UNMAPPED);
        memory.descriptor(0, 0, 0, 16, DESC_INDIRECT, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_UNMAPPED);
    }

    @Test
    @Spec({"BUG-03", "BUG-05"})
    void aTableAtTheEndOfTheAddressSpaceDoesNotWrapAround() {
        memory.replace(TestMemory.region(0, 0x1000, 0), new GuestMemory.Region(-16, -1, 0x1000, GuestMemory.READ));
        memory.descriptor(0x1000, 0, 0, 4, 0, 0);
        memory.descriptor(0, 0, -16, 16, DESC_INDIRECT, 0);
        assertThat(walk()).isNull();
        memory.descriptor(0, 0, -16, 32, DESC_INDIRECT, 0);
        assertThat(walk()).isEqualTo(Fault.INDIRECT_UNMAPPED);
    }
}
