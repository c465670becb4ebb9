package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // what happens after an early close is what some tests ask
class MemoryBudgetTest {
    private final MemoryBudget process = MemoryBudget.process();

    @Test
    void theProcessHasAQuarterOfTheMachine() throws Exception {
        long total = Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("MemTotal:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
        assertThat(process.limit()).isPositive().isLessThanOrEqualTo(total / 4 + 4096);
        assertThatThrownBy(process::close).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aContainersLimitIsRead(@TempDir Path directory) throws Exception {
        var file = directory.resolve("memory.max");
        assertThat(PhysicalMemory.container(file)).isEqualTo(Long.MAX_VALUE);
        Files.writeString(file, "max\n");
        assertThat(PhysicalMemory.container(file)).isEqualTo(Long.MAX_VALUE);
        Files.writeString(file, "1073741824\n");
        assertThat(PhysicalMemory.container(file)).isEqualTo(1L << 30);
    }

    @Test
    void memoryIsZeroedAlignedAndCounted() {
        long before = process.used();
        try (var budget = process.child("disk", 1 << 20)) {
            var segment = budget.allocate(4096, 4096);
            assertThat(segment.address() % 4096).isZero();
            assertThat(segment.byteSize()).isEqualTo(4096);
            for (long i = 0; i < 4096; i += 8) {
                assertThat(segment.get(JAVA_LONG, i)).isZero();
            }
            assertThat(budget.used()).isEqualTo(4096);
            assertThat(process.used()).isEqualTo(before + 4096);
            budget.close();
            budget.close();
            assertThat(process.used()).isEqualTo(before);
            assertThatThrownBy(() -> segment.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> budget.allocate(1, 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theLimitHolds() {
        try (var budget = process.child("disk", 10_000)) {
            budget.allocate(6_000, 8);
            assertThatThrownBy(() -> budget.allocate(4_001, 8))
                    .isInstanceOf(MemoryBudgetException.class)
                    .hasMessageContainingAll("disk", "4001", "4000 left of 10000");
            assertThat(budget.used()).isEqualTo(6_000);
            budget.allocate(4_000, 8);
            assertThatThrownBy(() -> budget.allocate(Long.MAX_VALUE, 8)).isInstanceOf(MemoryBudgetException.class);
        }
    }

    @Test
    void theLimitAboveHoldsToo() {
        try (var device = process.child("device", 10_000)) {
            var one = device.child("queue 0", 8_000);
            var two = device.child("queue 1", 8_000);
            one.allocate(8_000, 1);
            assertThatThrownBy(() -> two.allocate(3_000, 1))
                    .isInstanceOf(MemoryBudgetException.class)
                    .hasMessageContainingAll("device", "queue 1", "2000 left of 10000");
            assertThat(two.used()).isZero();
            one.close();
            two.allocate(3_000, 1);
            assertThat(device.used()).isEqualTo(3_000);
            device.close();
            assertThat(two.used()).isZero();
            assertThatThrownBy(() -> two.allocate(1, 1)).isInstanceOf(IllegalStateException.class);
        }
    }
}
