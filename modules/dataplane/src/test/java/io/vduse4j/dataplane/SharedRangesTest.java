package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Overlaps are seen, and nothing else is. */
@Spec("CR-04")
class SharedRangesTest {

    private static final long GIB = 1 << 30;

    private record Range(long offset, long length) {
        boolean overlaps(Range other) {
            return offset < other.offset + other.length && other.offset < offset + length;
        }
    }

    /** By one worker, and by several. */
    static Stream<SharedRanges> both() {
        return Stream.of(new SharedRanges(false), new SharedRanges(true));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096, 0, 4096", // the same
        "512, 512, 512, 4096", // the same start
        "0, 8192, 4096, 4096", // the end of one
        "0, 4096, 4095, 1", // the last byte
        "1048576, 1048576, 1572864, 4194304", // a part of each
        "0, 1099511627776, 512, 512", // in the midst
        "0, 2097152, 1048576, 512", // in the second region
        "0, 1099511627776, 1099511627264, 512", // behind more regions than there are shards
        "9223372036854775296, 511, 9223372036854775806, 1" // the end of the world
    })
    void whatOverlapsIsSeenFromBothSides(long offset, long length, long otherOffset, long otherLength) {
        both().forEach(busy -> {
            assertThat(busy.enter(offset, length)).isTrue();
            assertThat(busy.enter(otherOffset, otherLength)).isFalse();
            busy.leave(offset, length);
            assertThat(busy.isIdle()).isTrue();
            assertThat(busy.enter(otherOffset, otherLength)).isTrue();
            assertThat(busy.enter(offset, length)).isFalse();
        });
    }

    @ParameterizedTest
    @CsvSource({"0, 4096, 4096, 4096", "4096, 512, 0, 4096", "0, 512, 1099511627776, 4294967296"})
    void neighboursAreLeftAlone(long offset, long length, long otherOffset, long otherLength) {
        both().forEach(busy -> {
            assertThat(busy.enter(offset, length)).isTrue();
            assertThat(busy.enter(otherOffset, otherLength)).isTrue();
            busy.leave(offset, length);
            assertThat(busy.isIdle()).isFalse();
            busy.leave(otherOffset, otherLength);
            assertThat(busy.isIdle()).isTrue();
        });
    }

    @Test
    void whatIsNotBusyCannotEnd() {
        both().forEach(busy -> {
            busy.enter(0, 512);
            assertThatThrownBy(() -> busy.leave(511, 1)).isInstanceOf(IllegalStateException.class);
        });
    }

    @ParameterizedTest
    @MethodSource("both")
    void randomRangesAgainstAModel(SharedRanges busy) {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        List<Range> model = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            if ((random.nextInt(3) == 0 && !model.isEmpty()) || model.size() == 300) {
                Range ended = model.remove(random.nextInt(model.size()));
                busy.leave(ended.offset, ended.length);
                continue;
            }
            long limit = random.nextInt(50) == 0 ? GIB / 8 : 1 << 20;
            Range range = new Range(random.nextLong(GIB / 512) * 512, 512 * (1 + random.nextLong(limit / 512)));
            boolean entered = busy.enter(range.offset, range.length);
            assertThat(entered).as("seed %d", seed).isEqualTo(model.stream().noneMatch(range::overlaps));
            if (entered) {
                model.add(range);
            }
        }
        model.forEach(range -> busy.leave(range.offset, range.length));
        assertThat(busy.isIdle()).as("seed %d", seed).isTrue();
    }
}
