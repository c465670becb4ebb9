package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vduse4j.dataplane.harness.LogTap;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.GuestMemory;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The driver's memory as the kernel hands it out. */
class IotlbTableTest {

    private static final long PAGE = 4096;

    private final FakeKernel kernel = new FakeKernel();
    private final IotlbTable table = new IotlbTable(new VduseDevice(kernel, "disk0", 1), Optional.empty());
    private final LogTap log = new LogTap(IotlbTable.class);
    private Fd file;

    @BeforeEach
    void makeMemory() throws Exception {
        file = Memfd.create("iotlb", 64 * PAGE);
    }

    @AfterEach
    void giveBack() {
        log.close();
        table.close().close();
        file.close();
        assertThat(Usage.mappings("iotlb")).isZero();
    }

    private void entry(long start, long last, long offset, int perm) {
        kernel.entries.add(new FakeKernel.Entry(start, last, offset, perm, file));
    }

    private static void poke(GuestMemory memory, long address, byte value) {
        NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, memory.host(memory.find(address), address), value);
    }

    private static byte peek(GuestMemory memory, long address) {
        return NativeMemory.ALL.get(ValueLayout.JAVA_BYTE, memory.host(memory.find(address), address));
    }

    @Test
    void aRegionIsMappedWhenItIsFirstUsed() {
        entry(0x1000, 0x1000 + 8 * PAGE - 1, 2 * PAGE, 3);
        entry(0x10_0000, 0x10_0fff, 0, 1);
        assertThat(table.memory().regions()).isEmpty();
        GuestMemory memory = table.resolve(0x2345);
        assertThat(memory.regions()).hasSize(1);
        assertThat(memory.grants(0, GuestMemory.READ | GuestMemory.WRITE)).isTrue();
        poke(memory, 0x2345, (byte) 7);
        assertThat(table.resolve(0x2345)).as("known by now").isSameAs(memory);
        assertThat(kernel.lookUps).isEqualTo(1);
        memory = table.resolve(0x10_0000);
        assertThat(memory.regions()).hasSize(2);
        assertThat(memory.grants(memory.find(0x10_0000), GuestMemory.WRITE)).isFalse();
        assertThat(memory.generation()).as("nothing was taken away").isZero();
        entry(0x20_0000, 0x20_0000 + 64 * PAGE - 1, 0, 3);
        assertThat(peek(table.resolve(0x20_0000), 0x20_0000 + 2 * PAGE + 0x1345))
                .isEqualTo((byte) 7);
    }

    @Test
    void anAddressInAHoleIsNowhere() {
        entry(0x1000, 0x1fff, 0, 3);
        assertThat(table.resolve(0x5000).find(0x5000)).isEqualTo(-1);
        assertThat(table.resolve(-1L).find(-1L)).isEqualTo(-1);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void aNewGenerationBeginsEmpty() {
        entry(0x1000, 0x1fff, 0, 3);
        table.resolve(0x1000);
        RetiredMemory old = table.retire();
        assertThat(table.memory().regions()).isEmpty();
        assertThat(table.memory().generation()).isEqualTo(1);
        assertThat(Usage.mappings("iotlb")).isEqualTo(1);
        old.close();
        assertThat(Usage.mappings("iotlb")).isZero();
        assertThat(table.resolve(0x1000).regions()).hasSize(1);
    }

    @Test
    void aClosedTableHasNothing() {
        entry(0x1000, 0x1fff, 0, 3);
        table.resolve(0x1000);
        table.close().close();
        assertThat(table.resolve(0x1000).regions()).isEmpty();
    }

    /** The kernel replaces its entries before it says so: an entry may lie across regions of before. */
    @Test
    @Spec("BUG-11")
    void anEntryThatOverlapsWhatIsMappedIsCut() {
        entry(0x3000, 0x3fff, 0, 3);
        entry(0x6000, 0x6fff, PAGE, 3);
        table.resolve(0x3000);
        poke(table.resolve(0x6000), 0x6000, (byte) 9);
        kernel.entries.clear();
        entry(0x1000, 0x8fff, 8 * PAGE, 3);
        GuestMemory memory = table.resolve(0x5000);
        assertThat(memory.regions())
                .extracting(GuestMemory.Region::first, GuestMemory.Region::last)
                .containsExactly(tuple(0x3000L, 0x3fffL), tuple(0x4000L, 0x5fffL), tuple(0x6000L, 0x6fffL));
        poke(memory, 0x5000, (byte) 8);
        assertThat(peek(memory, 0x6000)).isEqualTo((byte) 9);
        entry(0x10_0000, 0x10_0000 + 64 * PAGE - 1, 0, 3);
        memory = table.resolve(0x10_0000);
        assertThat(peek(memory, 0x10_0000 + 12 * PAGE))
                .as("0x5000 is 4 pages into it")
                .isEqualTo((byte) 8);
    }

    @Test
    @Spec({"J-15", "BUG-03"})
    void memoryThatCannotBeMappedIsToldOnce() {
        entry(0, -1L, 0, 3);
        for (int i = 0; i < 1000; i++) {
            assertThat(table.resolve(i * PAGE).regions()).isEmpty();
        }
        assertThat(log.lines()).singleElement().asString().contains("disk0: memory at 0x0 cannot be mapped");
        table.retire();
        kernel.entries.clear();
        entry(0, 0x7fff_ffff_ffff_efffL, 0x1000_0000, 3);
        table.resolve(1);
        assertThat(log.lines()).as("once for the memory of now").hasSize(2);
    }

    @Test
    @Spec("TM-03")
    void regionsAreCounted() {
        for (long i = 0; i < 4100; i++) {
            entry(i * 2 * PAGE, i * 2 * PAGE + PAGE - 1, 0, 1);
        }
        for (long i = 0; i < 4100; i++) {
            table.resolve(i * 2 * PAGE);
        }
        assertThat(table.memory().regions()).hasSize(4096);
        assertThat(log.lines()).singleElement().asString().contains("more than 4096 regions");
    }
}
