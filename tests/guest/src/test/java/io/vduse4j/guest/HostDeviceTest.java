package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.MemoryBudget;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A block device of the host is served; more queues are offered than there are processors; a foreign daemon is beside. */
@Tag("quick")
final class HostDeviceTest {
    private static final int QUEUES = 16;
    private static final int SIZE = 128;

    @TempDir
    private Path folder;

    @Test
    void onlyAsManyQueuesBecomeReadyAsThereAreProcessors() throws Exception {
        NullBlk.load();
        try (var backend = Backends.open(NullBlk.DEVICE, BackendOptions.NONE);
                var disk = new VirtioBlk(backend, new BlkOptions("many", QUEUES, SIZE, ""), MemoryBudget.process());
                var served = new Served("many", disk)) {
            served.attach();
            var session = served.server().session().orElseThrow();
            var serves =
                    IntStream.range(0, QUEUES).filter(session::serves).boxed().toList();
            Evidence.show("%d queues offered; ready and served: %s", QUEUES, serves);
            assertThat(serves)
                    .isEqualTo(IntStream.range(0, Devices.cpus()).boxed().toList());
            for (int queue = 0; queue < QUEUES; queue++) {
                assertThat(served.node().queueInfo(queue).ready()).isEqualTo(queue < Devices.cpus());
            }
            assertThat(served.node().queueInfo(0).num()).isEqualTo(SIZE);
            Blocks.verify(Devices.block("many").orElseThrow(), 1 << 20, 1 << 20, 11);
            assertThat(session.counters(0).used() + session.counters(1).used()).isPositive();
        }
    }

    @Test
    void besideAForeignDaemon() throws Exception {
        NullBlk.load();
        var foreign = folder.resolve("foreign.img");
        Shell.run("truncate", "-s", "64M", foreign.toString()).ok();
        try (var vduse =
                Vduse.start(NullBlk.DEVICE, "--name", "ours", "--queues", "" + QUEUES, "--queue-size", "" + SIZE)) {
            var ours = vduse.awaitDevice();
            try (var peer = new StorageDaemon("theirs", "driver=file,filename=" + foreign, true)) {
                Evidence.show("ours is %s, that of qemu-storage-daemon is %s", ours, peer.device());
                Shell.run("vdpa", "dev", "show").show().ok();
                assertThat(Devices.queues(ours)).isEqualTo(Devices.cpus());
                Blocks.write(ours, 0, 1 << 20, 12);
                Blocks.write(peer.device(), 0, 1 << 20, 13);
                Blocks.compare(ours, 0, 1 << 20, 12);
                Blocks.compare(peer.device(), 0, 1 << 20, 13);
                Evidence.show("1 MiB written to each, read back, equal");
            }
            vduse.signal("TERM");
            assertThat(vduse.await(Shell.PATIENCE).show().code()).isZero();
        }
        Blocks.compare(NullBlk.DEVICE, 0, 1 << 20, 12);
        Evidence.show("what was written through ours is on %s", NullBlk.DEVICE);
    }
}
