package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.linux.LinuxHost;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dead process has left under a name is no obstacle for the next one; what a live process serves is. */
@Tag("quick")
final class LeftoverTest {
    private static final String NAME = "leftover";

    @TempDir
    private Path folder;

    @Test
    void theNextRunWorks() throws Exception {
        createOnly(NAME);
        Evidence.show("/dev/vduse holds %s, the vdpa bus %s", Devices.vduse(), Devices.vdpa());
        var image = "file:" + folder.resolve("leftover.img");

        try (var killed = Vduse.start(image, "--size", "64M", "--name", NAME)) {
            var device = killed.awaitDevice();
            Evidence.show("a device that was only created: the next run makes %s of it", device);
            Blocks.write(device, 0, 1 << 20, 15);
            assertThat(Devices.vdpa()).containsExactly(NAME);
            killed.signal("KILL");
            killed.await(Shell.PATIENCE);
        }
        Evidence.show("after kill -9, /dev/vduse holds %s, the vdpa bus %s", Devices.vduse(), Devices.vdpa());
        assertThat(Devices.vduse()).containsExactly(NAME);
        assertThat(Devices.vdpa()).containsExactly(NAME);

        try (var next = Vduse.start(image, "--name", NAME)) {
            var device = next.awaitDevice();
            Blocks.compare(device, 0, 1 << 20, 15);
            Evidence.show("the next run serves it again as %s, with what was written before", device);
            busy();
            next.signal("TERM");
            var end = next.await(Shell.PATIENCE).show().ok();
            RefusalTest.noTrace(end);
        }
        assertThat(Devices.vduse()).isEmpty();
        assertThat(Devices.vdpa()).isEmpty();
    }

    /** Another run of that name, while the first one lives. */
    private static void busy() throws Exception {
        var second = Vduse.run(Shell.PATIENCE, "memory:64M", "--name", NAME).show();
        assertThat(second.code()).isEqualTo(5);
        RefusalTest.oneLine(second);
        assertThat(second.err()).contains(NAME);
    }

    /** As a process that is killed before it has attached its device. */
    static void createOnly(String name) throws Exception {
        try (var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = new VirtioBlk(backend, new BlkOptions(name, 1, 128, ""), MemoryBudget.process());
                var control = VduseControl.open(new LinuxHost())) {
            control.create(new DeviceSpec(
                    name,
                    disk.vendorId(),
                    disk.deviceId(),
                    VduseServer.features(disk, ServeOptions.DEFAULT),
                    disk.queues(),
                    DeviceSpec.PAGE_SIZE,
                    disk.config()));
        }
    }
}
