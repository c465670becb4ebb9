package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {

    private static final int RW = GuestMemory.READ | GuestMemory.WRITE;

    private static GuestMemory of(GuestMemory.Region... regions) {
        return GuestMemory.of(MemorySegment.NULL, 1, List.of(regions));
    }

    @Test
    @Spec("BUG-03")
    void aRegionHoldsItsFirstAndItsLastAddressAndNoOther() {
        var memory = of(new GuestMemory.Region(0x1000, 0x1fff, 0x7000, RW));
        assertThat(memory.find(0xfff)).isEqualTo(-1);
        assertThat(memory.find(0x1000)).isZero();
        assertThat(memory.find(0x1fff)).isZero();
        assertThat(memory.find(0x2000)).isEqualTo(-1);
        assertThat(memory.host(0, 0x1000)).isEqualTo(0x7000);
        assertThat(memory.host(0, 0x1fff)).isEqualTo(0x7fff);
    }

    @Test
    @Spec("BUG-03")
    void contiguousEndsAtTheRegionsEnd() {
        var memory = of(new GuestMemory.Region(0x1000, 0x1fff, 0, RW));
        assertThat(memory.contiguous(0, 0x1000, 0x1000)).isEqualTo(0x1000);
        assertThat(memory.contiguous(0, 0x1000, 0x1001)).isEqualTo(0x1000);
        assertThat(memory.contiguous(0, 0x1001, 0x1000)).isEqualTo(0xfff);
        assertThat(memory.contiguous(0, 0x1fff, 1)).isEqualTo(1);
        assertThat(memory.contiguous(0, 0x1fff, 0xffff_ffffL)).isEqualTo(1);
    }

    @Test
    @Spec({"BUG-03", "J-04"})
    void theLastAddressOfTheSpaceIsAnAddress() {
        var memory = of(new GuestMemory.Region(-4096, -1, 0x7000, RW));
        assertThat(memory.find(-1)).isZero();
        assertThat(memory.find(0)).isEqualTo(-1);
        assertThat(memory.find(Long.MAX_VALUE)).isEqualTo(-1);
        assertThat(memory.host(0, -1)).isEqualTo(0x7fff);
        assertThat(memory.contiguous(0, -1, 1 << 20)).isEqualTo(1);
        assertThat(memory.contiguous(0, -4096, 1 << 20)).isEqualTo(4096);
    }

    @Test
    @Spec({"BUG-03", "J-04"})
    void aRegionMaySpanTheWholeSpace() {
        var memory = of(new GuestMemory.Region(0, -1, 0, RW));
        for (long address : new long[] {0, 1, Long.MAX_VALUE, Long.MIN_VALUE, -2, -1}) {
            assertThat(memory.find(address)).isZero();
        }
        assertThat(memory.contiguous(0, 0, 1L << 32)).isEqualTo(1L << 32);
        assertThat(memory.contiguous(0, Long.MAX_VALUE, 1L << 32)).isEqualTo(1L << 32);
        assertThat(memory.contiguous(0, -1, 1L << 32)).isEqualTo(1);
    }

    @Test
    @Spec({"BUG-03", "J-04"})
    void regionsOnBothSidesOfTheSignBitAreSortedAsUnsigned() {
        var memory = of(
                new GuestMemory.Region(0x8000_0000_0000_0000L, 0x8000_0000_0000_0fffL, 0x2000, RW),
                new GuestMemory.Region(0x7fff_ffff_ffff_f000L, 0x7fff_ffff_ffff_ffffL, 0x1000, RW),
                new GuestMemory.Region(0, 0xfff, 0, RW));
        assertThat(memory.find(0x7fff_ffff_ffff_ffffL)).isEqualTo(1);
        assertThat(memory.find(0x8000_0000_0000_0000L)).isEqualTo(2);
        assertThat(memory.find(0)).isZero();
        assertThat(memory.find(-1)).isEqualTo(-1);
    }

    @Test
    @Spec("BUG-03")
    void adjacentRegionsStayApartAndHolesStayHoles() {
        var memory = of(
                new GuestMemory.Region(0x1000, 0x1fff, 0, RW),
                new GuestMemory.Region(0x2000, 0x2fff, 0x9000, GuestMemory.READ),
                new GuestMemory.Region(0x4000, 0x4fff, 0x5000, GuestMemory.WRITE));
        assertThat(memory.find(0x1fff)).isZero();
        assertThat(memory.find(0x2000)).isEqualTo(1);
        assertThat(memory.contiguous(0, 0x1800, 0x1000)).isEqualTo(0x800);
        assertThat(memory.find(0x3000)).isEqualTo(-1);
        assertThat(memory.find(0x3fff)).isEqualTo(-1);
    }

    @Test
    @Spec("VS-05")
    void grantsWhatWasGranted() {
        var memory = of(
                new GuestMemory.Region(0, 1, 0, GuestMemory.READ),
                new GuestMemory.Region(2, 3, 0, GuestMemory.WRITE),
                new GuestMemory.Region(4, 5, 0, RW),
                new GuestMemory.Region(6, 7, 0, 0));
        boolean[][] grants = {{true, false, false}, {false, true, false}, {true, true, true}, {false, false, false}};
        for (int i = 0; i < 4; i++) {
            assertThat(memory.grants(i, GuestMemory.READ)).isEqualTo(grants[i][0]);
            assertThat(memory.grants(i, GuestMemory.WRITE)).isEqualTo(grants[i][1]);
            assertThat(memory.grants(i, RW)).isEqualTo(grants[i][2]);
        }
    }

    @Test
    @Spec("BUG-03")
    void overlappingAndBackwardRegionsAreRefused() {
        var low = new GuestMemory.Region(0x1000, 0x1fff, 0, RW);
        assertThatThrownBy(() -> of(low, new GuestMemory.Region(0x1fff, 0x2fff, 0, RW)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1fff");
        assertThatThrownBy(() -> of(low).with(new GuestMemory.Region(0, -1, 0, RW)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new GuestMemory.Region(1, 0, 0, RW)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new GuestMemory.Region(-1, 0, 0, RW)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void moreRegionsAreTheSameGeneration() {
        var memory = of(new GuestMemory.Region(0x1000, 0x1fff, 0, RW));
        var more = memory.with(new GuestMemory.Region(0, 0xfff, 0x5000, RW));
        assertThat(more.generation()).isEqualTo(memory.generation());
        assertThat(more.regions()).extracting(GuestMemory.Region::first).containsExactly(0L, 0x1000L);
        assertThat(memory.find(0)).isEqualTo(-1);
    }

    @Test
    @Spec("BUG-03")
    void findAgreesWithLookingAtEachOfManyRegions() {
        var random = new Random(1);
        List<GuestMemory.Region> regions = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < 400; i++) {
            long first = at + random.nextInt(3);
            long last = first + random.nextInt(5);
            regions.add(new GuestMemory.Region(first, last, random.nextInt(1 << 20), RW));
            at = last + 1;
        }
        long end = at;
        Collections.shuffle(regions, random);
        var memory = GuestMemory.of(MemorySegment.NULL, 1, regions);
        var sorted = memory.regions();
        for (long address = 0; address < end + 3; address++) {
            int expected = -1;
            for (int i = 0; i < sorted.size(); i++) {
                if (address >= sorted.get(i).first() && address <= sorted.get(i).last()) {
                    expected = i;
                }
            }
            assertThat(memory.find(address)).isEqualTo(expected);
        }
    }
}
