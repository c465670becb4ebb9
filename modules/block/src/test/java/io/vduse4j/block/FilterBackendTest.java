package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A filter that changes nothing is what lies below. */
class FilterBackendTest {
    private static final long SIZE = 1 << 20;

    private final RecordingBackend inner = new RecordingBackend(RecordingBackend.limits(512, false), SIZE);
    private final FilterBackend filter = new FilterBackend(inner) {};

    @Test
    void itPassesOn() throws Exception {
        var told = new AtomicLong();
        assertThat(filter.limits()).isSameAs(inner.limits());
        inner.durability = new Durability(Durability.AfterKill.KEPT, "a test says so");
        assertThat(filter.durability()).isSameAs(inner.durability);
        assertThat(filter.lost()).isEmpty();
        inner.lost = Optional.of("a test says so");
        assertThat(filter.lost()).isSameAs(inner.lost);
        assertThat(filter.describe()).isEqualTo(inner.describe());
        assertThat(filter.keepsData()).isTrue();
        assertThat(filter.extent(0, 512)).isEqualTo(inner.extent(0, 512));
        filter.onResize(told::set);
        filter.resize(2 * SIZE);
        assertThat(filter.size()).isEqualTo(2 * SIZE);
        assertThat(told).hasValue(2 * SIZE);
        filter.flush();
        assertThat(inner.flushes).isEqualTo(1);
        var request = new Request();
        request.op = Request.Op.DISCARD;
        request.length = 4096;
        try (filter;
                var worker = new Worker(filter, 1)) {
            assertThat(worker.run(request)).isZero();
        }
        assertThat(inner.asked).hasSize(1);
    }

    @Test
    void whatKeepsItsSizeSaysSo() throws Exception {
        try (var backend = Backends.open("memory:1M", BackendOptions.NONE)) {
            assertThat(backend.lost()).isEmpty();
            assertThatThrownBy(() -> backend.resize(2 << 20))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            problem -> assertThat(problem.errno()).isEqualTo(Errno.EOPNOTSUPP))
                    .hasMessageContaining("memory:1M");
        }
    }

    @Test
    void aReaderHasTheLimitsOfWhatCannotBeWritten() {
        var limits = inner.limits().forReading();
        assertThat(limits).isEqualTo(new Limits(512, 4096, 1 << 20, true, false, 0, false, false, 0, false, false));
    }

    @Test
    void aDelayOfNothingIsRefused() {
        var none = EnumSet.noneOf(Request.Op.class);
        assertThatThrownBy(() -> new DelayFilter(inner, Duration.ZERO, none).close())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
