package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.remote.RemoteHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel half is a process of its own, so its device outlives the daemon (kernel-behaviour 3.6): after {@code kill -9}
 * under load the disk waits for whoever opens the device next. No log of requests in flight is kept yet: they are
 * performed again.
 */
@Timeout(300)
class KilledDaemonTest {
    private static final String NAME = "killed";
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    @Test
    void theDiskWaitsForTheNextDaemon() throws Exception {
        var socket = folder.resolve("kernel.sock");
        var image = "file:" + folder.resolve("disk.img");
        try (var kernel = VduseProcess.start(folder, "kernel", "--socket", socket.toString())) {
            kernel.awaitErr("ready in");
            try (var first = VduseProcess.start(
                    folder, "run", image, "--size", "64M", "--name", NAME, "--host", socket.toString())) {
                var device = first.awaitDevice();
                assertThat(device).startsWith("nbd+unix:///" + NAME + "?socket=/");
                var fio = CompletableFuture.supplyAsync(() -> fio(device));
                Thread.sleep(1500);
                first.kill();
                Thread.sleep(1500);
                assertThat(fio).as("fio waits").isNotDone();
                try (var host = RemoteHost.connect(socket, SOON)) {
                    serve(host, image, device, fio);
                }
            }
            assertThat(kernel.stop()).isZero();
        }
        assertThat(socket).doesNotExist();
    }

    /** What the next daemon does. */
    private void serve(VduseHost host, String image, String device, CompletableFuture<Tool> fio) throws Exception {
        var options = new BlkOptions(NAME, 1, BlkOptions.DEFAULT_QUEUE_SIZE, "");
        try (var backend = Backends.open(image, BackendOptions.NONE);
                var disk = new VirtioBlk(backend, options, MemoryBudget.process());
                var node = VduseDevice.open(host, NAME, 1);
                var pool = new WorkerPool(1, 0);
                var server = new VduseServer(node, disk, pool, ServeOptions.ADOPT)) {
            var tool = fio.get(120, TimeUnit.SECONDS);
            assertThat(tool.code()).as(tool.output()).isZero();
            assertThat(tool.output()).doesNotContain("verify: bad").contains("err= 0");
            Tool.succeed(folder, "nbdcopy", device, "copy");
            new VdpaBus(host).delete(NAME, SOON);
            assertThat(server.isBroken()).isFalse();
        }
        try (var control = VduseControl.open(host)) {
            control.destroy(NAME);
        }
        assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("disk.img")))
                .isEqualTo(-1);
    }

    private Tool fio(String uri) {
        try {
            return Tool.run(
                    folder,
                    "fio",
                    "--name=job",
                    "--ioengine=nbd",
                    "--uri=" + uri,
                    "--rw=randwrite",
                    "--bs=4k",
                    "--iodepth=16",
                    "--size=32M",
                    "--rate=6m",
                    "--verify=crc32c",
                    "--verify_fatal=1");
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
}
