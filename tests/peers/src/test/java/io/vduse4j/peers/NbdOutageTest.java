package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.nbd.BackendExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The storage server is killed under load and started again: fio, on our server, on our client, on qemu-nbd, sees a pause
 * and no error.
 */
@Timeout(300)
class NbdOutageTest {
    private static final int OUTAGES = 3;
    private static final int OUTAGE_MILLIS = 2500;

    @TempDir
    Path folder;

    private ServerProcess storage() throws Exception {
        var socket = folder.resolve("storage");
        return ServerProcess.start(
                folder,
                socket,
                "qemu-nbd",
                "--persistent",
                "--shared=4",
                "--format=raw",
                "--socket=" + socket,
                folder.resolve("image").toString());
    }

    @Test
    void anOutageIsAPause() throws Exception {
        Tool.succeed(folder, "truncate", "-s", "64M", "image");
        var storage = storage();
        try (var volume = Backends.open("nbd+unix:///?socket=" + folder.resolve("storage"), BackendOptions.NONE);
                var export = new BackendExport(volume, 2);
                var server = NbdServer.listen(folder.resolve("door"), NbdLimits.DEFAULT)) {
            server.add("disk", export);
            var fio = CompletableFuture.supplyAsync(() -> fio(server.uri("disk")));
            for (int i = 0; i < OUTAGES; i++) {
                Thread.sleep(1500);
                assertThat(fio).as("fio runs while the server is away").isNotDone();
                storage.kill();
                Thread.sleep(OUTAGE_MILLIS);
                storage = storage();
            }
            var tool = fio.get(120, TimeUnit.SECONDS);
            assertThat(tool.code()).as(tool.output()).isZero();
            assertThat(tool.output()).doesNotContain("verify: bad").contains("err= 0");
            Tool.succeed(folder, "nbdcopy", server.uri("disk"), "copy");
        } finally {
            storage.kill();
        }
        assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("image")))
                .isEqualTo(-1);
    }

    private Tool fio(String uri) {
        try {
            return Tool.run(
                    folder,
                    "fio",
                    "--name=outage",
                    "--ioengine=nbd",
                    "--uri=" + uri,
                    "--rw=randwrite",
                    "--bs=4k",
                    "--iodepth=16",
                    "--rate_iops=1000",
                    "--size=64M",
                    "--io_size=48M",
                    "--verify=crc32c",
                    "--verify_fatal=1",
                    "--verify_backlog=512",
                    "--fsync=128");
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }
}
