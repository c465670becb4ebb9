package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class DelayFilterTest {
    private static final Duration DELAY = Duration.ofSeconds(1);

    @Test
    void onlyTheChosenRequestsAreDelayed() throws Exception {
        try (var backend = new DelayFilter(
                        Backends.open("memory:1M", BackendOptions.NONE), DELAY, EnumSet.of(Request.Op.READ));
                var memory = new GuestMemory(8192);
                var worker = new Worker(backend, 2)) {
            Iovecs.set(memory.address(), 0, memory.address() + 4096, 512);
            var requests = new Request[] {new Request(), new Request()};
            for (var request : requests) {
                request.length = 512;
                request.iov = memory.address();
                request.iovCount = 1;
            }
            requests[1].op = Request.Op.WRITE;
            long start = System.nanoTime();
            worker.submit(0, requests[0]);
            worker.flushSubmissions();
            assertThat(worker.hasEnded(0)).as("the read").isFalse();
            worker.submit(1, requests[1]);
            assertThat(worker.hasEnded(1)).as("the write").isTrue();
            assertThat(worker.await(1)).isZero();
            assertThat(worker.await(0)).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(DELAY.toNanos());
        }
    }
}
