package io.vduse4j.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseMessage;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole way: the typed framework serves a disk on this kernel, and a driver reads and writes it. */
@Timeout(120)
class ServeTest {
    private static final int SECTORS = 2048;

    @ParameterizedTest
    @Spec({"kernel-behaviour 7.1", "kernel-behaviour 7.2", "kernel-behaviour 7.3"})
    @CsvSource({"LINUX_6_12, false", "LINUX_6_12, true", "LINUX_7_3, false"})
    void aDiskIsServed(KernelProfile profile, boolean userMemory) throws Exception {
        var driver = new TinyBlkDriver();
        var told = new CopyOnWriteArrayList<Integer>();
        var options = new ServeOptions(true, userMemory, false, false, (message, ok) -> {
            if (message instanceof VduseMessage.SetStatus set) {
                told.add(ok ? set.status() : -set.status());
            }
        });
        try (var kernel = new EmbeddedKernel(profile, List.of(driver));
                var control = VduseControl.open(kernel);
                var backend = Backends.open("memory:1M", BackendOptions.NONE);
                var disk = new VirtioBlk(backend, new BlkOptions("disk0", 1, 256, "serial"), MemoryBudget.process());
                var pool = new WorkerPool(1, 0)) {
            control.create(new DeviceSpec(
                    "disk0",
                    disk.vendorId(),
                    disk.deviceId(),
                    VduseServer.features(disk, ServeOptions.DEFAULT),
                    1,
                    DeviceSpec.PAGE_SIZE,
                    disk.config()));
            var bus = new VdpaBus(kernel);
            try (var node = VduseDevice.open(kernel, "disk0", 1)) {
                node.setupQueue(0, 256);
                try (var server = new VduseServer(node, disk, pool, options)) {
                    for (int life = 0; life < 2; life++) {
                        told.clear();
                        bus.add("disk0", Machine.PATIENCE);
                        awaitTold(told, 0, 1, 3, 0xb, 0xf);
                        exercise(driver, life);
                        bus.delete("disk0", Machine.PATIENCE);
                        awaitTold(told, 0, 1, 3, 0xb, 0xf, 0, 1);
                    }
                    assertThat(server.isBroken()).isFalse();
                }
            }
            control.destroy("disk0");
        }
    }

    /** The server tells after it has replied, so a moment later than the bus answers. */
    private static void awaitTold(List<Integer> told, Integer... statuses) throws InterruptedException {
        long deadline = System.nanoTime() + Machine.PATIENCE.toNanos();
        while (told.size() < statuses.length && System.nanoTime() < deadline) {
            Thread.sleep(1);
        }
        assertThat(told).containsExactly(statuses);
    }

    /** Random reads and writes, compared with a copy on the heap. */
    private static void exercise(TinyBlkDriver driver, int seed) throws InterruptedException {
        var random = new Random(seed);
        var disk = MemorySegment.ofArray(new byte[SECTORS * 512]);
        assertThat(driver.request(BlkRequest.OUT, 0, Raw.zeros(disk.byteSize() / 2)))
                .isEqualTo(BlkRequest.S_OK);
        assertThat(driver.request(BlkRequest.OUT, SECTORS / 2, Raw.zeros(disk.byteSize() / 2)))
                .isEqualTo(BlkRequest.S_OK);
        for (int round = 0; round < 500; round++) {
            int count = 1 + random.nextInt(64);
            int sector = random.nextInt(SECTORS - count);
            var data = Raw.zeros(count * 512L);
            var copy = disk.asSlice(sector * 512L, data.byteSize());
            if (random.nextBoolean()) {
                data.fill((byte) round);
                copy.copyFrom(data);
                assertThat(driver.request(BlkRequest.OUT, sector, data)).isEqualTo(BlkRequest.S_OK);
            } else {
                data.fill((byte) -1);
                assertThat(driver.request(BlkRequest.IN, sector, data)).isEqualTo(BlkRequest.S_OK);
                assertThat(data.mismatch(copy)).isEqualTo(-1);
            }
        }
        assertThat(driver.request(BlkRequest.IN, SECTORS, Raw.zeros(512)))
                .as("behind the end")
                .isEqualTo(BlkRequest.S_IOERR);
    }
}
