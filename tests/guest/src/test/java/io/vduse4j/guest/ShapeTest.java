package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel shows of a disk is what was configured, and what is done to it reaches the file. */
@Tag("quick")
final class ShapeTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path folder;

    @Test
    void isAsConfigured() throws Exception {
        var options = BackendOptions.NONE.withSize(96 * MIB).withBlockSize(4096);
        try (var host = Hosts.open("linux");
                var backend = Backends.open(folder + "/shape.img", options);
                var disk = Disk.named("shape")
                        .queues(2)
                        .serial("S/N 0815-äö")
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO)) {
            var device = disk.device();
            var sizes = Shell.run("blockdev", "--getsz", "--getss", "--getpbsz", "--getro", "--getsize64", device)
                    .show()
                    .ok();
            assertThat(sizes.out().lines())
                    .containsExactly(Long.toString(96 * MIB / 512), "4096", "4096", "0", Long.toString(96 * MIB));
            var discard = Shell.run("lsblk", "-b", "-n", "-D", "-o", "DISC-GRAN,DISC-MAX", device)
                    .show()
                    .ok();
            assertThat(discard.out().strip().split(" +")).hasSize(2).doesNotContain("0");
            show(device, "serial", "S/N 0815-äö");
            show(device, "queue/write_cache", "write back");
            assertThat(Devices.queues(device)).as("queues").isEqualTo(Math.min(2, Devices.cpus()));
        }
    }

    private static void show(String device, String attribute, String expected) throws Exception {
        var is = Devices.attribute(device, attribute);
        Evidence.show("%s: %s", attribute, is);
        assertThat(is).as(attribute).isEqualTo(expected);
    }

    @Test
    void growsWithItsFile() throws Exception {
        var file = folder.resolve("grow.img");
        try (var host = Hosts.open("linux");
                var backend = Backends.open(file.toString(), BackendOptions.NONE.withSize(64 * MIB));
                var disk = Disk.named("grow").attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO)) {
            var device = disk.device();
            Shell.run("truncate", "-s", "96M", file.toString()).show().ok();
            var took = Wait.until(
                    "the new size of " + device,
                    Duration.ofSeconds(30),
                    () -> Shell.run("blockdev", "--getsize64", device).out().equals(Long.toString(96 * MIB)));
            Evidence.show("%s has %d bytes %.1f s later", device, 96 * MIB, took.toMillis() / 1000.0);
            assertThat(disk.size()).isEqualTo(96 * MIB);
            Blocks.verify(device, 95 * MIB, 1 << 20, 7);
        }
    }

    @Test
    void givesBackWhatIsDiscarded() throws Exception {
        var file = folder.resolve("discard.img");
        try (var host = Hosts.open("linux");
                var backend = Backends.open(file.toString(), BackendOptions.NONE.withSize(64 * MIB));
                var disk = Disk.named("discard").attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO)) {
            var device = disk.device();
            Blocks.write(device, 0, 2 << 20, 8);
            Blocks.write(device, 4 * MIB, 2 << 20, 9);
            long written = blocks(file);
            Shell.run("blkdiscard", "--offset", "0", "--length", "2M", device)
                    .show()
                    .ok();
            long discarded = blocks(file);
            Evidence.show("blocks of 512 bytes: %d written, %d after blkdiscard of 2 MiB", written, discarded);
            assertThat(written - discarded).isEqualTo(2 * MIB / 512);
            Blocks.compare(device, 4 * MIB, 2 << 20, 9);
            Shell.run("blkdiscard", "--zeroout", "--offset", "4M", "--length", "2M", device)
                    .show()
                    .ok();
            Shell.sh("cmp -n 8M %s /dev/zero".formatted(device)).ok();

            var mount = Files.createDirectory(folder.resolve("mnt"));
            Shell.sh("""
                            mkfs.ext4 -q -O ^has_journal -E nodiscard %1$s
                            mount %1$s %2$s
                            dd if=/dev/urandom of=%2$s/file bs=1M count=4 conv=fsync status=none
                            """.formatted(device, mount)).ok();
            long full = blocks(file);
            Shell.sh("rm %1$s/file; sync; fstrim -v %1$s; umount %1$s".formatted(mount))
                    .show()
                    .ok();
            long trimmed = blocks(file);
            Evidence.show("blocks: %d with a file of 4 MiB, %d after rm and fstrim", full, trimmed);
            assertThat(full - trimmed).isGreaterThanOrEqualTo(4 * MIB / 512);
        }
    }

    private static long blocks(Path file) throws Exception {
        return Long.parseLong(
                Shell.run("stat", "-c", "%b", file.toString()).ok().out());
    }

    @Test
    void refusesWritesIfReadOnly() throws Exception {
        var file = Files.write(folder.resolve("read-only.img"), new byte[(int) (16 * MIB)]);
        try (var host = Hosts.open("linux");
                var backend = Backends.open(file.toString(), BackendOptions.NONE.withReadOnly(true));
                var disk = Disk.named("read-only").attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO)) {
            var device = disk.device();
            assertThat(Shell.run("blockdev", "--getro", device).show().out()).isEqualTo("1");
            var write = Shell.run("dd", "if=/dev/urandom", "of=" + device, "bs=4k", "count=1", "oflag=direct")
                    .show();
            assertThat(write.code()).isNotZero();
            Shell.sh("cmp -n 16M %s /dev/zero".formatted(device)).ok();
            assertThat(disk.isBroken()).isFalse();
        }
    }
}
