package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.MemoryBudget;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    @Test
    void buffersAreInOnePieceAndNeverOverlap() {
        try (var budget = MemoryBudget.process().child("test", 1 << 20)) {
            var pool = new BufferPool(budget, 8 * BufferPool.UNIT);
            assertThat(pool.take(3)).isZero();
            assertThat(pool.take(3)).isEqualTo(3);
            assertThat(pool.take(3)).isEqualTo(BufferPool.NONE);
            assertThat(pool.take(2)).isEqualTo(6);
            pool.giveBack(0, 3);
            pool.giveBack(6, 2);
            // Five units are free, but no four side by side.
            assertThat(pool.take(4)).isEqualTo(BufferPool.NONE);
            assertThat(pool.take(2)).isZero();
            assertThat(pool.take(2)).isEqualTo(6);
            assertThat(pool.take(1)).isEqualTo(2);
            assertThat(pool.take(1)).isEqualTo(BufferPool.NONE);
            assertThat(pool.address(1) % 4096).isZero();
            assertThat(BufferPool.units(1)).isEqualTo(1);
            assertThat(BufferPool.units(4097)).isEqualTo(2);
        }
    }
}
