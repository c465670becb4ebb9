package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.load.LoadQueue;
import io.vduse4j.testkit.load.LoadShape;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The load generator, against a disk in memory. */
@Timeout(120)
class LoadQueueTest {

    private static final int DEPTH = 32;
    private static final int BLOCK = 4096;
    private static final int RUNS = 40;
    private static final Duration TIME = Duration.ofMillis(500);

    private static LoadQueue load(VhostUserFrontEnd frontEnd, boolean busy) throws Exception {
        frontEnd.negotiate();
        frontEnd.start(1, 128, 0, 1);
        var shape = new LoadShape(70, true, BLOCK, DEPTH, 1);
        DriverArea area = frontEnd.addMemory(LoadQueue.areaBytes(shape));
        return new LoadQueue(frontEnd.queue(0).ring(), area, frontEnd.signals(0), shape, UserRig.BYTES, busy);
    }

    private static long run(LoadQueue load, LongConsumer took) {
        long before = load.done();
        load.run(System.nanoTime() + TIME.toNanos(), took);
        return load.done() - before;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyRequestIsCounted(boolean busy) throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            LoadQueue load = load(frontEnd, busy);
            long[] told = {0, 0};
            long done = run(load, nanos -> {
                told[0]++;
                told[1] += nanos < 0 ? 1 : 0;
            });
            assertThat(done).isGreaterThan(DEPTH).isEqualTo(told[0]);
            assertThat(told[1]).as("negative latencies").isZero();
            frontEnd.stopIdle(0);
            assertThat(rig.server.session().orElseThrow().counters(0).used()).isEqualTo(done);
        }
    }

    /** By reflection: no module of ours reads the one that counts. */
    private static long allocatedBytes() throws ReflectiveOperationException {
        Object bean = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean")
                .getMethod("getCurrentThreadAllocatedBytes")
                .invoke(bean);
    }

    @Test
    void nothingIsAllocatedForARequest() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            LoadQueue load = load(frontEnd, true);
            long perRequest = Long.MAX_VALUE;
            for (int run = 0; run < RUNS && perRequest > 0; run++) { // until everything is compiled
                long before = allocatedBytes();
                long done = run(load, _ -> {});
                perRequest = (allocatedBytes() - before) / done; // the count itself costs less than a byte each
            }
            assertThat(perRequest).as("bytes a request").isZero();
        }
    }
}
