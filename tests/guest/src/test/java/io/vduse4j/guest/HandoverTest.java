package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One image, two kernels: a file system comes into it over the NBD socket of the embedded kernel, and then the real one
 * serves and mounts the same file.
 */
final class HandoverTest {
    private static final Duration DEADLINE = Duration.ofMinutes(5);
    private static final int FILES = 200;

    @TempDir
    private Path folder;

    @Test
    @Tag("quick")
    void theRealKernelMountsWhatCameInThroughTheEmbeddedOne() throws Exception {
        var script = Shell.root().resolve("tests/guest/filesystem").toString();
        var tree = folder.resolve("tree").toString();
        var image = folder.resolve("made.img").toString();
        var disk = folder.resolve("disk.img").toString();
        Shell.run(DEADLINE, script, "tree", Integer.toString(FILES), tree)
                .show()
                .ok();
        Shell.run("mkfs.ext4", "-q", "-d", tree, image, "32M").ok();

        try (var host = Hosts.embedded(name -> folder.resolve(name + ".sock"));
                var backend = Backends.open(disk, BackendOptions.NONE.withSize(32 << 20));
                var embedded = Disk.named("handover").serve(host, backend, Bus.VIRTIO)) {
            assertThat(embedded.device()).startsWith("nbd+unix:///handover?socket=/");
            assertThat(Devices.vduse()).as("the real kernel has no part in it").isEmpty();
            Shell.run("nbdcopy", "--flush", image, embedded.device()).show().ok();
        }

        try (var host = Hosts.open("linux");
                var backend = Backends.open(disk, BackendOptions.NONE.withReadOnly(true));
                var real = Disk.named("handover").attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO)) {
            var verified = Shell.sh("VDUSE_DEV=%s %s verify ext4 %s".formatted(real.device(), script, tree))
                    .show()
                    .ok();
            assertThat(verified.out())
                    .contains(FILES + " files: their checksums are right", "ext4 on " + real.device());
        }
    }
}
