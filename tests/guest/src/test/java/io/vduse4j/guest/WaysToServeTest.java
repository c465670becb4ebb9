package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same disk without kicks, and with memory of ours in the place of the kernel's bounce buffer. */
@Tag("quick")
final class WaysToServeTest {
    private static final int BYTES = 2 << 20;
    private static final long BOUNCE = 8L << 20;

    @Test
    void withoutAnyKickDescriptor() throws Exception {
        long kicked = eventFdsOf(disk -> disk);
        long polled = eventFdsOf(disk -> disk.pollMicros(Disk.POLL_ALWAYS));
        Evidence.show("eventfds of a disk with two queues: %d with kicks, %d without", kicked, polled);
        assertThat(polled).isEqualTo(kicked - Math.min(2, Devices.cpus()));
    }

    private static long eventFdsOf(UnaryOperator<Disk.Builder> wishes) throws Exception {
        long before = Census.take().eventFds();
        try (var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = wishes.apply(
                                Disk.named("polled").queues(2).workers(1).attachTimeout(Shell.PATIENCE))
                        .serve(host, backend, Bus.VIRTIO)) {
            Blocks.verify(disk.device(), 1 << 20, BYTES, 5);
            return Census.take().eventFds() - before;
        }
    }

    @Test
    void inRegisteredMemory() throws Exception {
        long before = pinnedKib();
        try (var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk = Disk.named("umem")
                        .userMemory(true)
                        .bounceSize(BOUNCE)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO)) {
            long pinned = pinnedKib() - before;
            Evidence.show("the kernel has pinned %d KiB of this process", pinned);
            assertThat(pinned).isEqualTo(BOUNCE >> 10);
            Blocks.verify(disk.device(), 0, BYTES, 6);
            // More at once than the whole buffer has room for.
            Shell.sh("dd if=/dev/urandom of=%s bs=16M count=1 oflag=direct status=none".formatted(disk.device()))
                    .ok();
        }
        assertThat(pinnedKib()).as("pinned after the end").isEqualTo(before);
    }

    private static long pinnedKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmPin:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }
}
