package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.virtio.VirtioFeatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packed rings, driven by this kernel and through it. */
@Tag("quick")
final class PackedTest {
    /** Bit of RING_PACKED; the kernel shows the features as a line of digits. */
    private static final int PACKED = Long.numberOfTrailingZeros(VirtioFeatures.RING_PACKED);

    private static final int REQUESTS = 300;
    private static final int DEPTH = 16;
    private static final int SIZE = 128;

    @TempDir
    private Path folder;

    @Test
    void aFileSystemOnPackedRings() throws Exception {
        var mount = Files.createDirectory(folder.resolve("mnt"));
        try (var host = Hosts.open("linux");
                var backend = Backends.open(folder + "/disk.img", BackendOptions.NONE.withSize(128 << 20));
                var disk = Disk.named("packed")
                        .queues(2)
                        .packed(true)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO)) {
            var features = Devices.attribute(disk.device(), "device/features");
            Evidence.show("features of %s: %s", disk.device(), features);
            assertThat(features.charAt(PACKED)).isEqualTo('1');
            Shell.sh("mkfs.ext4 -q %1$s; mount %1$s %2$s".formatted(disk.device(), mount))
                    .ok();
            var outcome = Shell.run(
                            Duration.ofMinutes(5),
                            "fio",
                            "--name=job",
                            "--directory=" + mount,
                            "--direct=1",
                            "--ioengine=libaio",
                            "--iodepth=32",
                            "--rw=randrw",
                            "--bsrange=4k-256k",
                            "--blockalign=4k",
                            "--numjobs=2",
                            "--size=12M",
                            "--verify=crc32c",
                            "--verify_fatal=1",
                            "--end_fsync=1",
                            "--group_reporting")
                    .show()
                    .ok();
            assertThat(outcome.out()).contains("err= 0").doesNotContain("verify:");
            Shell.sh("umount %2$s; e2fsck -fn %1$s".formatted(disk.device(), mount))
                    .show()
                    .ok();
            assertThat(disk.isBroken()).isFalse();
        }
    }

    /** From a place in the ring of the client's choice, through a stop that asks for the place. */
    @Test
    void aVhostClientWithPackedRings() throws Exception {
        try (var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = Disk.named("packed-vm")
                        .queueSize(SIZE)
                        .packed(true)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VHOST);
                var driver = VhostVdpaDriver.open(disk.device(), Shell.PATIENCE)) {
            driver.start(VhostVdpaDriver.supported(), 1, SIZE, SIZE - 3, DEPTH);
            assertThat(driver.features() & VirtioFeatures.RING_PACKED).isNotZero();
            var load = new BlkWorkload(0, 8192, 128, driver.features(), new Random(34));
            load.run(driver.queue(0), REQUESTS, DEPTH, driver.tables());
            var bases = driver.stop();
            driver.resume(bases);
            load.run(driver.queue(0), REQUESTS, DEPTH, driver.tables());
            Evidence.show("%d requests verified; stopped between at base 0x%x", load.done(), bases.getFirst());
        }
    }
}
