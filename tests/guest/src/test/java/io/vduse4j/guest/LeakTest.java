package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Disks that come and go leave nothing in the process. */
@Tag("quick")
final class LeakTest {
    private static final int DISKS = 20;

    @Test
    void twentyDisks() throws Exception {
        once(); // what is made once a process
        var before = Census.take();
        Evidence.show("before:          %s", before);
        for (int i = 0; i < DISKS; i++) {
            once();
        }
        var after = Census.take();
        Evidence.show("after %2d disks:  %s", DISKS, after);
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.mappings()).isEqualTo(before.mappings());
        assertThat(after.threads()).isEqualTo(before.threads());
        assertThat(after.budget()).isEqualTo(before.budget());
    }

    private static void once() throws Exception {
        try (var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = Disk.named("leak")
                        .queues(2)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO)) {
            Blocks.verify(disk.device(), 0, 128 << 10, 1);
            var during = Census.take();
            assertThat(during.mappings())
                    .as("the rings and the bounce buffer are mapped")
                    .isNotEmpty();
            assertThat(during.threads()).anyMatch(name -> name.contains("vduse-worker"));
        }
    }
}
