package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.DelayFilter;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.Mapping;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.vhostuser.VhostUserFeatures;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The front end's memory: changed under load, taken away by force, and held by requests that are stuck. */
@Timeout(1800)
class MemoryTest {

    private static final Duration STUCK = Duration.ofSeconds(6);

    @Test
    @Spec({"VU-03", "VU-08"})
    void aThousandTablesUnderLoad() throws Exception {
        tables(1_000);
    }

    @Test
    @Tag("soak")
    void aHundredThousandTablesUnderLoad() throws Exception {
        tables(100_000);
    }

    /** Requests move to new memory, the old is taken away as soon as nothing of it is in flight. */
    private static void tables(int changes) throws Exception {
        try (var rig = new UserRig()) {
            var baseline = new Baseline(rig);
            try (var frontEnd = rig.connect()) {
                long protocol = VhostUserFeatures.OFFERED & ~VhostUserFeatures.CONFIGURE_MEM_SLOTS;
                frontEnd.negotiate(VhostUserFrontEnd.supported(), protocol);
                frontEnd.start(2, UserRig.SIZE, 0, 4);
                var load = new Load(frontEnd, 1);
                var workload = new BlkWorkload(0, 1024, 16, frontEnd.features(), new Random(3));
                DriverArea area = frontEnd.addMemory(4L * VhostVdpaDriver.REQUEST_BYTES);
                for (int i = 0; i < changes; i++) {
                    frontEnd.queue(0).useArea(area);
                    workload.run(frontEnd.queue(0), 2, 2, frontEnd.tables());
                    DriverArea next = frontEnd.addMemory(4L * VhostVdpaDriver.REQUEST_BYTES);
                    frontEnd.queue(0).useArea(next);
                    frontEnd.removeMemory(area);
                    area = next;
                }
                assertThat(load.end()).isPositive();
            }
            baseline.check(changes + " tables");
        }
    }

    @Test
    @Spec({"VU-03", "VU-10"})
    void regionsComeAndGoUnderLoad() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.started()) {
            var load = new Load(frontEnd, 1);
            var workload = new BlkWorkload(0, 1024, 16, frontEnd.features(), new Random(4));
            for (int i = 0; i < 300; i++) {
                DriverArea area = frontEnd.addMemory(2L * VhostVdpaDriver.REQUEST_BYTES);
                frontEnd.queue(0).useArea(area);
                workload.run(frontEnd.queue(0), 4, 2, frontEnd.tables());
                DriverArea next = frontEnd.addMemory(2L * VhostVdpaDriver.REQUEST_BYTES);
                frontEnd.queue(0).useArea(next);
                frontEnd.removeMemory(area);
                workload.run(frontEnd.queue(0), 4, 2, frontEnd.tables());
            }
            assertThat(load.end()).isPositive();
        }
    }

    /** The memfd is cut under the back end: the session ends, the process does not, and the next one is served. */
    @Test
    @Spec({"VU-06"})
    void memoryThatIsCutEndsTheConnectionAndNothingElse() throws Exception {
        try (var rig = new UserRig();
                var other = new UserRig();
                var neighbour = other.started()) {
            var load = new Load(neighbour, 0);
            var baseline = new Baseline(rig);
            for (int file = 0; file < 2; file++) { // that of the rings, that of the requests
                for (int i = 0; i < 5; i++) {
                    try (var frontEnd = rig.started()) {
                        frontEnd.queue(0)
                                .run(BlkCommand.read(0, 512), Framing.CLASSIC)
                                .require();
                        frontEnd.queue(0).submit(BlkCommand.read(0, 4096), Framing.CLASSIC);
                        Fd memory = frontEnd.memoryFiles().get(file);
                        FileIo.truncate(memory, 0);
                        frontEnd.signals(0).kick();
                        frontEnd.signals(1).kick();
                        if (file == 0) {
                            assertThat(frontEnd.socket().awaitEnd()).isTrue();
                        }
                    }
                }
            }
            try (var frontEnd = rig.started()) {
                new BlkWorkload(0, 256, 8, frontEnd.features(), new Random(0))
                        .run(frontEnd.queue(0), 50, 4, frontEnd.tables());
            }
            assertThat(load.end()).isPositive();
            baseline.check("cut memory");
        }
    }

    /** Requests are stuck in the backend when the front end goes: after two seconds the next one comes all the same. */
    @Test
    @Spec({"VU-12", "VD-09"})
    void aStuckRequestKeepsNobodyOut() throws Exception {
        var slow =
                new DelayFilter(Backends.open("memory:16M", BackendOptions.NONE), STUCK, EnumSet.of(Request.Op.READ));
        try (var rig = new UserRig(slow);
                var mapping = Mapping.anonymous(1)) {
            mapping.replaceWithEmpty(); // the process keeps the empty file from now on
            var baseline = new Baseline(rig);
            try (var frontEnd = rig.started()) {
                for (int i = 0; i < 4; i++) {
                    assertThat(frontEnd.queue(0).submit(BlkCommand.read(i, 512), Framing.CLASSIC))
                            .isTrue();
                }
                while (rig.server.session().orElseThrow().counters(0).fetched() < 4) {
                    Thread.onSpinWait();
                }
            }
            long began = System.nanoTime();
            try (var frontEnd = rig.started()) {
                frontEnd.queue(0)
                        .run(BlkCommand.write(0, new byte[512]), Framing.CLASSIC)
                        .require();
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(STUCK);
            }
            baseline.check("stuck requests");
        }
    }
}
