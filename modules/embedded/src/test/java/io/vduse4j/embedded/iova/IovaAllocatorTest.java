package io.vduse4j.embedded.iova;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** kernel-behaviour 5.2 and 11 item 12. */
class IovaAllocatorTest {
    private static final int PAGE = 4096;
    private static final long MIB = 1 << 20;

    @Test
    void theFirstAddressesAreThoseOfTheKernel() {
        assertThat(new IovaAllocator(PAGE, 64 * MIB).allocate(PAGE)).isEqualTo(0x3fff000);
        assertThat(new IovaAllocator(64 * MIB, 1152 * MIB).allocate(0x2806)).isEqualTo(0x47ffc000);
    }

    @Test
    void addressZeroIsNeverGivenOut() {
        var allocator = new IovaAllocator(PAGE, MIB);
        long lowest = Long.MAX_VALUE;
        long iova;
        int count = 0;
        while ((iova = allocator.allocate(1)) >= 0) {
            lowest = Math.min(lowest, iova);
            count++;
        }
        assertThat(count).isEqualTo(255);
        assertThat(lowest).isEqualTo(PAGE);
        allocator.free(0x5000, 1);
        assertThat(allocator.allocate(PAGE)).isEqualTo(0x5000);
    }

    @Test
    void whatCannotBeHeldIsRefused() {
        var allocator = new IovaAllocator(PAGE, 64 * MIB);
        for (long bytes : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 64 * MIB, 65 * MIB, 32 * MIB + 1}) {
            assertThat(allocator.allocate(bytes)).as(Long.toString(bytes)).isEqualTo(-1);
        }
        assertThat(allocator.allocate(32 * MIB)).isEqualTo(32 * MIB);
        assertThat(allocator.allocate(32 * MIB)).isEqualTo(-1);
    }

    /** Ranges of random sizes come and go: they never meet, are aligned, and all room comes back. */
    @Test
    void rangesNeverOverlap() {
        var random = new Random(7);
        var allocator = new IovaAllocator(PAGE, 4 * MIB);
        var held = new TreeMap<Long, Long>();
        for (int round = 0; round < 20_000; round++) {
            if (random.nextBoolean()) {
                long bytes = 1L + random.nextInt(random.nextInt(10) == 0 ? 600_000 : 20_000);
                long iova = allocator.allocate(bytes);
                if (iova < 0) {
                    continue;
                }
                assertThat(iova % PAGE).isZero();
                Map.Entry<Long, Long> below = held.lowerEntry(iova + bytes);
                assertThat(below == null || below.getKey() + below.getValue() <= iova)
                        .isTrue();
                held.put(iova, bytes);
            } else if (!held.isEmpty()) {
                var gone = held.ceilingEntry((long) random.nextInt(4 << 20));
                if (gone != null) {
                    held.remove(gone.getKey());
                    allocator.free(gone.getKey(), gone.getValue());
                }
            }
        }
        held.forEach(allocator::free);
        assertThat(allocator.allocate(2 * MIB)).isEqualTo(2 * MIB);
        assertThat(allocator.allocate(MIB)).isEqualTo(MIB);
    }
}
