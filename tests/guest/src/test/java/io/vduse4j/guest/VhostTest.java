package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.block.Backend;
import io.vduse4j.block.DelayFilter;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.HoledMemory;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkResult;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.VhostVdpaDevice.Access;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.vduse.host.linux.LinuxHost;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A virtual machine monitor, played by the test, uses the disk through {@code /dev/vhost-vdpa-N}. */
@Tag("quick")
final class VhostTest {
    /** Holds nothing open. */
    private static final LinuxHost HOST = new LinuxHost();

    private static final int QUEUES = 2;
    private static final int SIZE = 128;
    private static final int DEPTH = 16;
    private static final int REQUESTS = 100;

    /** Sectors of a window of the disk that one queue has for itself. */
    private static final int WINDOW = 8192;

    private static final int MOST_SECTORS = 128;

    private static Backend memory() throws IOException {
        return Backends.open("memory:64M", BackendOptions.NONE);
    }

    private static Disk disk(Backend backend) throws IOException {
        return Disk.named("vm")
                .queues(QUEUES)
                .queueSize(SIZE)
                .attachTimeout(Shell.PATIENCE)
                .serve(HOST, backend, Bus.VHOST);
    }

    private static VhostVdpaDriver drive(Disk disk) throws IOException {
        return VhostVdpaDriver.open(disk.device(), Shell.PATIENCE);
    }

    private static void start(VhostVdpaDriver driver, int index) throws IOException {
        driver.start(VhostVdpaDriver.supported(), QUEUES, SIZE, index, DEPTH);
    }

    private static BlkWorkload workload(VhostVdpaDriver driver, int queue) {
        return new BlkWorkload((long) queue * WINDOW, WINDOW, MOST_SECTORS, driver.features(), new Random(queue));
    }

    @Test
    void worksInTheMachinesMemoryThroughChangesAndResets() throws Exception {
        try (var backend = memory();
                var disk = disk(backend);
                var driver = drive(disk)) {
            assertThat(disk.device()).startsWith("/dev/vhost-vdpa-");
            start(driver, 0);
            var loads = List.of(workload(driver, 0), workload(driver, 1));
            run(driver, loads);
            Evidence.show(
                    "%s: %d and %d random requests verified, features 0x%x",
                    disk.device(), loads.get(0).done(), loads.get(1).done(), driver.features());

            var more = driver.addMemory((long) DEPTH * VhostVdpaDriver.REQUEST_BYTES);
            driver.queue(0).useArea(more);
            run(driver, loads);
            var other = driver.addMemory((long) DEPTH * VhostVdpaDriver.REQUEST_BYTES);
            driver.queue(0).useArea(other);
            assertThat(driver.queue(1).submit(BlkCommand.read(0, 512), Framing.CLASSIC))
                    .isTrue();
            driver.removeMemory(more);
            driver.queue(1).await().require();
            run(driver, loads);
            Evidence.show(
                    "memory added, used, removed and replaced while it ran: %d and %d requests verified",
                    loads.get(0).done(), loads.get(1).done());

            var bases = driver.stop();
            Evidence.show("GET_VRING_BASE says %s", bases);
            // One more on queue 1: the read that no workload knows of.
            assertThat(bases)
                    .containsExactly(
                            (int) loads.get(0).done(), (int) loads.get(1).done() + 1);
            driver.resume(bases);
            run(driver, loads);
            Evidence.show(
                    "reset and gone on from there: %d and %d requests verified",
                    loads.get(0).done(), loads.get(1).done());

            start(driver, 0xfff0);
            long before = loads.get(0).done();
            run(driver, loads);
            assertThat(driver.stop().getFirst())
                    .isEqualTo((int) (0xfff0 + loads.get(0).done() - before) & 0xffff);
            Evidence.show("begun anew at index 0xfff0, over the end of the 16 bits");
        }
    }

    private static void run(VhostVdpaDriver driver, List<BlkWorkload> loads) {
        for (int queue = 0; queue < QUEUES; queue++) {
            loads.get(queue).run(driver.queue(queue), REQUESTS, DEPTH, driver.tables());
        }
    }

    @Test
    void anotherMachineComesAfterTheFirst() throws Exception {
        try (var backend = memory();
                var disk = disk(backend)) {
            for (int machine = 0; machine < 3; machine++) {
                try (var driver = drive(disk)) {
                    start(driver, 0);
                    workload(driver, 0).run(driver.queue(0), REQUESTS, DEPTH, driver.tables());
                }
            }
            Evidence.show("3 machines opened, used and closed %s one after another", disk.device());
            assertThat(disk.isBroken()).isFalse();
        }
    }

    @Test
    void memoryThatTheDaemonCannotReachFailsTheRequestOnly() throws Exception {
        long piece = 64 << 10;
        long iova = 0x10_0000_0000L;
        try (var backend = memory();
                var disk = disk(backend);
                var driver = drive(disk);
                var memory = HoledMemory.create(VhostVdpaDriver.REQUEST_BYTES, piece, piece)) {
            start(driver, 0);
            var area = new DriverArea(NativeMemory.ALL, memory.address(), iova, VhostVdpaDriver.REQUEST_BYTES);
            var iotlb = driver.device().iotlb();
            // In batches: a single change holds up this whole process until the daemon, which is it too, has answered.
            iotlb.beginBatch();
            iotlb.map(iova, area.bytes(), area.host(), Access.BOTH);
            iotlb.endBatch();
            driver.queue(0).useArea(area);
            fails(driver, "the private piece of a mapping");

            long behind = 2 * piece;
            iotlb.beginBatch();
            iotlb.unmap(iova, area.bytes());
            iotlb.map(iova, piece, area.host(), Access.BOTH);
            iotlb.map(iova + behind, area.bytes() - behind, area.host() + behind, Access.BOTH);
            iotlb.endBatch();
            fails(driver, "an address that was never mapped");

            driver.queue(0).run(BlkCommand.read(0, 4096), Framing.CLASSIC).require();
            workload(driver, 1).run(driver.queue(1), REQUESTS, DEPTH, driver.tables());
            Evidence.show("other requests of that queue and of the other one go on");
            assertThat(disk.isBroken()).isFalse();
        }
    }

    /** A read and a write whose header and status can be reached, and whose data cannot. */
    private static void fails(VhostVdpaDriver driver, String what) {
        for (var command : List.of(BlkCommand.read(0, 128 << 10), BlkCommand.write(0, new byte[128 << 10]))) {
            BlkResult result = driver.queue(0).run(command, Framing.CLASSIC);
            Evidence.show("%s: %s", what, result);
            assertThat(result.status()).isEqualTo(BlkRequest.S_IOERR);
        }
    }

    @Test
    void aResetDoesNotWaitForRequestsThatAreStuck() throws Exception {
        // Longer than the two seconds that a reset grants. The probe of the other driver, before ours, only reads.
        var stuck = Duration.ofSeconds(8);
        try (var backend = memory();
                var slow = new DelayFilter(backend, stuck, Set.of(Request.Op.WRITE));
                var disk = disk(slow);
                var driver = drive(disk)) {
            start(driver, 0);
            for (int i = 0; i < 8; i++) {
                assertThat(driver.queue(i % QUEUES).submit(BlkCommand.write(i, new byte[4096]), Framing.CLASSIC))
                        .isTrue();
            }
            Thread.sleep(500);
            long began = System.nanoTime();
            driver.device().setStatus(0);
            var took = Duration.ofNanos(System.nanoTime() - began);
            Evidence.show(
                    "reset with 8 writes in flight, stuck for %d s: answered after %.1f s",
                    stuck.toSeconds(), took.toMillis() / 1000.0);
            assertThat(took).isBetween(Duration.ofMillis(1900), stuck.minusSeconds(1));
            assertThat(disk.isBroken()).isFalse();

            start(driver, 0);
            driver.queue(0).run(BlkCommand.read(64, 4096), Framing.CLASSIC).require();
            driver.queue(1).run(BlkCommand.flush(), Framing.CLASSIC).require();
            Evidence.show("the next session works at once");
            driver.queue(0)
                    .run(BlkCommand.write(64, new byte[4096]), Framing.CLASSIC)
                    .require();
            Evidence.show("and still does when the stuck writes have come back");
            assertThat(disk.isBroken()).isFalse();
        }
    }
}
