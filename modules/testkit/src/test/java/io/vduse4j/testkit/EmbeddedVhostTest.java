package io.vduse4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.virtio.VirtioFeatures;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk of the framework, driven through vhost-vdpa of the embedded kernel. */
@Timeout(120)
class EmbeddedVhostTest {

    private static final int QUEUES = 2;
    private static final int SIZE = 64;
    private static final int DEPTH = 4;

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    @Spec({"8.1", "8.2", "8.3", "8.4"})
    void aClientDrivesTheDisk(boolean packed) throws Exception {
        try (var rig = new EmbeddedRig(QUEUES, packed)) {
            rig.attach();
            rig.bus.bind(EmbeddedRig.NAME, rig.vhost.name(), EmbeddedRig.LIMIT);
            VhostNode node = VhostNode.of(EmbeddedRig.NAME, rig.vhost.open(EmbeddedRig.NAME));
            try (var driver = VhostVdpaDriver.open(node, EmbeddedRig.LIMIT)) {
                driver.start(VhostVdpaDriver.supported(), QUEUES, SIZE, 65530, DEPTH);
                assertThat((driver.features() & VirtioFeatures.RING_PACKED) != 0)
                        .isEqualTo(packed);
                assertThat(driver.capacity()).isEqualTo((32 << 20) / 512);
                var workloads = List.of(workload(driver, 0), workload(driver, 1));
                run(driver, workloads);

                // Memory that comes and goes while the device runs.
                DriverArea more = driver.addMemory((long) DEPTH * VhostVdpaDriver.REQUEST_BYTES);
                driver.queue(0).useArea(more);
                driver.queue(1).useArea(driver.addMemory((long) DEPTH * VhostVdpaDriver.REQUEST_BYTES));
                run(driver, workloads);
                driver.queue(0).useArea(driver.addMemory((long) DEPTH * VhostVdpaDriver.REQUEST_BYTES));
                driver.removeMemory(more);
                run(driver, workloads);

                // As for a migration: the daemon says where the queues are.
                driver.resume(driver.stop());
                run(driver, workloads);
            }
            rig.detach();
        }
    }

    private static BlkWorkload workload(VhostVdpaDriver driver, int queue) {
        return new BlkWorkload(1000L * queue, 1000, 256, driver.features(), new Random(queue));
    }

    private static void run(VhostVdpaDriver driver, List<BlkWorkload> workloads) {
        for (int queue = 0; queue < QUEUES; queue++) {
            long before = workloads.get(queue).done();
            workloads.get(queue).run(driver.queue(queue), 200, DEPTH, driver.tables());
            assertThat(workloads.get(queue).done()).isGreaterThanOrEqualTo(before + 200);
        }
    }
}
