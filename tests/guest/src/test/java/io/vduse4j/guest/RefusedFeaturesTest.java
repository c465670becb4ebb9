package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A device that cannot work with what the driver has chosen: the driver gives up, and nothing hangs (7.1, step F). */
@Tag("quick")
final class RefusedFeaturesTest {

    @Test
    void theDriverGivesUp() throws Exception {
        try (var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = new VirtioBlk(backend, new BlkOptions("refusing", 1, 128, ""), MemoryBudget.process());
                var served = new Served("refusing", new Refusing(disk))) {
            served.attach();
            assertThat(served.statusesFrom(0, 5)).containsExactly(0x00, 0x01, 0x03, 0x0b, 0x83);
            assertThat(served.refused()).containsExactly(3);
            assertThat(Devices.block("refusing")).isEmpty();
            assertThat(served.server().isBroken()).isFalse();
            Shell.sh("dmesg | grep -i 'refuses features' | tail -n 1").show().ok();

            served.detach();
            Evidence.show("detached; there was no driver any more that had something to say:");
            assertThat(served.statusesFrom(5, 0)).isEmpty();
            assertThat(Devices.vdpa()).doesNotContain("refusing");
        }
        assertThat(Devices.vduse()).doesNotContain("refusing");
    }

    /** A disk that takes no choice. */
    private record Refusing(VirtioBlk disk) implements VirtioDevice {
        @Override
        public boolean accepts(long features) {
            return false;
        }

        @Override
        public int deviceId() {
            return disk.deviceId();
        }

        @Override
        public long features() {
            return disk.features();
        }

        @Override
        public int queues() {
            return disk.queues();
        }

        @Override
        public int maxQueueSize() {
            return disk.maxQueueSize();
        }

        @Override
        public byte[] config() {
            return disk.config();
        }

        @Override
        public QueueHandler handler(HandlerContext context, long features) throws IOException {
            throw new IOException("it was refused");
        }
    }
}
