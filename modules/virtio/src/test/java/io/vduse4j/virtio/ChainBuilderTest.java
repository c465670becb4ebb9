package io.vduse4j.virtio;

import static io.vduse4j.virtio.SplitRing.DESC_INDIRECT;
import static io.vduse4j.virtio.SplitRing.DESC_NEXT;
import static io.vduse4j.virtio.SplitRing.DESC_WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Buffers against the table of regions: what is not granted, where the status can be said, and changes meanwhile. */
class ChainBuilderTest {

    /** Table and status here, readable and writable. */
    private static final long LOW = 0;
    /** Read only. */
    private static final long READ_ONLY = 0x10_0000;
    /** Write only. */
    private static final long WRITE_ONLY = 0x20_0000;
    /** Two regions side by side, far apart in the host. */
    private static final long PAIR = 0x30_0000;
    /** The last page there is. */
    private static final long TOP = -0x1000;

    private final TestMemory memory = new TestMemory(
            0x8000,
            TestMemory.region(LOW, 0x1000, 0),
            TestMemory.region(READ_ONLY, 0x1000, 0x1000, GuestMemory.READ),
            TestMemory.region(WRITE_ONLY, 0x1000, 0x2000, GuestMemory.WRITE),
            TestMemory.region(PAIR, 0x1000, 0x5000),
            TestMemory.region(PAIR + 0x1000, 0x1000, 0x3000),
            TestMemory.region(TOP, 0x1000, 0x6000));
    private final Chain chain = TestMemory.chain(0, 8);

    private Fault walk() {
        return new SplitWalker(8, true, memory).walk(0, 0, chain);
    }

    /** Header, one buffer, and a status byte of its own. */
    private void request(long address, long length, int flags) {
        memory.descriptor(0, 0, LOW + 0x800, 16, DESC_NEXT, 1);
        memory.descriptor(0, 1, address, length, flags | DESC_NEXT, 2);
        memory.descriptor(0, 2, LOW + 0x900, 1, DESC_WRITE, 0);
    }

    private void passes(long address, long length, int flags, int pieces) {
        request(address, length, flags);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readablePieces() + chain.writablePieces()).isEqualTo(2 + pieces);
        assertThat(chain.readableBytes() + chain.writableBytes()).isEqualTo(17 + length);
        assertThat(chain.lastWritable()).isEqualTo(0x900);
    }

    /** The request fails, and its status byte, which is granted, is known. */
    private void fails(long address, long length, int flags, Fault fault) {
        request(address, length, flags);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(fault);
        assertThat(fault.size()).isEqualTo(Fault.Size.REQUEST);
        assertThat(chain.lastWritable()).isEqualTo(0x900);
    }

    @Test
    @Spec("BUG-03")
    void aBufferEndsWithItsRegionOrFails() {
        passes(READ_ONLY, 0x1000, 0, 1);
        passes(READ_ONLY + 0xfff, 1, 0, 1);
        fails(READ_ONLY, 0x1001, 0, Fault.BUFFER_UNMAPPED);
        fails(READ_ONLY + 0xfff, 2, 0, Fault.BUFFER_UNMAPPED);
        fails(READ_ONLY - 1, 1, 0, Fault.BUFFER_UNMAPPED);
        fails(READ_ONLY - 1, 2, 0, Fault.BUFFER_UNMAPPED);
        fails(READ_ONLY, 0xffff_ffffL - 17, 0, Fault.BUFFER_UNMAPPED);
    }

    @Test
    @Spec("BUG-03")
    void aBufferAcrossAdjacentRegionsIsSplitThere() {
        passes(PAIR + 0xffe, 4, 0, 2);
        passes(PAIR, 0x2000, DESC_WRITE, 2);
        fails(PAIR, 0x2001, DESC_WRITE, Fault.BUFFER_UNMAPPED);
    }

    @Test
    @Spec({"BUG-03", "J-04"})
    void theEndOfTheAddressSpaceIsNotPassed() {
        passes(TOP, 0x1000, 0, 1);
        passes(-1, 1, DESC_WRITE, 1);
        fails(-1, 2, DESC_WRITE, Fault.BUFFER_UNMAPPED); // the second byte would be at 0, which is granted
        fails(TOP, 0x1001, 0, Fault.BUFFER_UNMAPPED);
    }

    @Test
    @Spec("VS-05")
    void whatTheRegionDoesNotGrantFailsTheRequest() {
        fails(READ_ONLY, 16, DESC_WRITE, Fault.BUFFER_NOT_GRANTED);
        fails(WRITE_ONLY, 16, 0, Fault.BUFFER_NOT_GRANTED);
        passes(WRITE_ONLY, 16, DESC_WRITE, 1);
    }

    @Test
    @Spec("BUG-09")
    void aStatusByteThatIsNotGrantedIsNotKnown() {
        request(PAIR, 16, DESC_WRITE);
        memory.descriptor(0, 2, READ_ONLY, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(Fault.BUFFER_NOT_GRANTED);
        assertThat(chain.lastWritable()).isEqualTo(-1);
        memory.descriptor(0, 2, 0x500_0000, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(Fault.BUFFER_UNMAPPED);
        assertThat(chain.lastWritable()).isEqualTo(-1);
    }

    /** Data and status in one descriptor: what comes before the status must not hide it. */
    @Test
    @Spec({"VS-02", "BUG-09"})
    void theStatusBehindAHoleInItsOwnBufferIsKnown() {
        memory.replace(
                TestMemory.region(LOW, 0x1000, 0),
                TestMemory.region(PAIR, 0x1000, 0x5000),
                TestMemory.region(PAIR + 0x1000, 0x1000, 0x1000, GuestMemory.READ),
                TestMemory.region(PAIR + 0x3000, 0x1000, 0x3000));
        memory.descriptor(0, 0, LOW + 0x800, 16, DESC_NEXT, 1);
        memory.descriptor(0, 1, PAIR, 0x3001, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(Fault.BUFFER_NOT_GRANTED);
        assertThat(chain.lastWritable()).isEqualTo(0x3000);
        memory.descriptor(0, 1, PAIR + 0x2000, 0x1001, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(Fault.BUFFER_UNMAPPED);
        assertThat(chain.lastWritable()).isEqualTo(0x3000);
        memory.descriptor(0, 1, PAIR, 0x1001, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.lastWritable()).isEqualTo(-1);
        memory.descriptor(0, 1, -1, 0x802, DESC_WRITE, 0); // its end would be in the region at 0
        assertThat(walk()).isNull();
        assertThat(chain.lastWritable()).isEqualTo(-1);
    }

    /** A driver that is merely unlucky with its addresses must get an error, not a chain without a status. */
    @Test
    @Spec({"VS-03", "BUG-09"})
    void aRequestInTooManyPiecesFailsWithItsStatusKnown() {
        Chain small = TestMemory.chain(0, 3);
        memory.descriptor(0, 0, LOW + 0x800, 16, DESC_NEXT, 1);
        memory.descriptor(0, 1, LOW + 0x900, 16, DESC_NEXT, 2);
        memory.descriptor(0, 2, PAIR + 0xff0, 32, DESC_NEXT | DESC_WRITE, 3);
        memory.descriptor(0, 3, LOW + 0xa00, 1, DESC_WRITE, 0);
        assertThat(new SplitWalker(8, true, memory).walk(0, 0, small)).isNull();
        assertThat(small.fault()).isEqualTo(Fault.TOO_FRAGMENTED);
        assertThat(small.fault().size()).isEqualTo(Fault.Size.REQUEST);
        assertThat(small.lastWritable()).isEqualTo(0xa00);
        assertThat(small.readablePieces() + small.writablePieces()).isEqualTo(3);
    }

    @Test
    void theFirstFaultCounts() {
        request(READ_ONLY, 16, DESC_WRITE);
        memory.descriptor(0, 2, 0x500_0000, 1, DESC_WRITE, 0);
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isEqualTo(Fault.BUFFER_NOT_GRANTED);
    }

    @Test
    void whatTheTransportFindsOnDemandIsUsed() {
        request(0x700_0000, 16, 0);
        memory.onResolve = () -> memory.grant(TestMemory.region(0x700_0000, 0x1000, 0x4000));
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(memory.resolved).isEqualTo(1);
    }

    @Test
    @Spec("BUG-11")
    void aNewGenerationMeanwhileStartsTheWalkOver() {
        request(0x700_0000, 16, 0);
        memory.onResolve =
                () -> memory.replace(TestMemory.region(LOW, 0x1000, 0), TestMemory.region(0x700_0000, 0x1000, 0x4000));
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.generation()).isEqualTo(memory.memory().generation());
        assertThat(chain.readablePieces()).isEqualTo(2);
    }

    @Test
    @Spec("BUG-02")
    void aDriverThatChangesItsMemoryForEverDoesNotHoldTheWalkUp() {
        request(0x700_0000, 16, 0);
        memory.onResolve = () -> memory.replace(TestMemory.region(LOW, 0x1000, 0));
        assertThat(walk()).isNotNull();
        assertThat(memory.resolved).isLessThan(10);
    }

    /** The driver rewrites every descriptor while the first one is worked on. */
    @Test
    @Spec("BUG-01")
    void aDescriptorIsReadOnce() {
        request(0x700_0000, 16, 0);
        memory.onResolve = () -> {
            memory.grant(TestMemory.region(0x700_0000, 0x1000, 0x4000));
            memory.descriptor(0, 0, -1, 0xffff_ffffL, DESC_INDIRECT, 0xffff);
            memory.descriptor(0, 1, -1, 0xffff_ffffL, DESC_WRITE, 0xffff);
        };
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(32);
        assertThat(chain.writableBytes()).isEqualTo(1);
    }

    @Test
    @Spec("BUG-01")
    void anIndirectTableIsReadOnce() {
        long table = 0x400;
        memory.descriptor(0, 0, LOW + table, 48, DESC_INDIRECT, 0);
        memory.descriptor(table, 0, 0x700_0000, 16, DESC_NEXT, 1);
        memory.descriptor(table, 1, LOW + 0x800, 512, DESC_NEXT, 2);
        memory.descriptor(table, 2, LOW + 0x900, 1, DESC_WRITE, 0);
        memory.onResolve = () -> {
            memory.grant(TestMemory.region(0x700_0000, 0x1000, 0x4000));
            memory.descriptor(0, 0, LOW + table, 16, DESC_INDIRECT, 0);
            for (int i = 0; i < 3; i++) {
                memory.descriptor(table, i, -1, 0xffff_ffffL, DESC_INDIRECT | DESC_NEXT, 0xffff);
            }
        };
        assertThat(walk()).isNull();
        assertThat(chain.fault()).isNull();
        assertThat(chain.readableBytes()).isEqualTo(528);
        assertThat(chain.lastWritable()).isEqualTo(0x900);
    }
}
