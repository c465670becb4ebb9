package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel half is a process of its own, so its device outlives the daemon (kernel-behaviour 3.6): after {@code kill -9}
 * under load the next daemon takes the device over, does again what was in flight, and nothing that was acknowledged is
 * lost (P1, P3, R-14, R-15, CR-01, CR-08, CR-09).
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class KilledDaemonTest {
    private static final String NAME = "killed";

    /** One fio follows the other until all kills are done. */
    private static final int FIO_SECONDS = 12;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDiskOutlivesItsDaemons(boolean packed) throws Exception {
        storm(packed, 3, 3);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDiskOutlivesManyDaemons(boolean packed) throws Exception {
        storm(packed, 75, 4);
    }

    private void storm(boolean packed, int kills, long seed) throws Exception {
        var socket = folder.resolve("kernel.sock");
        String[] words = {
            "run",
            "file:" + folder.resolve("disk.img"),
            "--size",
            "64M",
            "--name",
            NAME,
            "--host",
            socket.toString(),
            packed ? "--packed" : "--wait=10s"
        };
        try (var kernel = VduseProcess.start(folder, "kernel", "--socket", socket.toString())) {
            kernel.awaitErr("ready in");
            try (var storm = new KillStorm(folder, new Random(seed), words)) {
                var device = storm.device();
                assertThat(device).startsWith("nbd+unix:///" + NAME + "?socket=/");
                var over = new AtomicBoolean();
                var fio = CompletableFuture.runAsync(() -> {
                    do {
                        fio(device);
                    } while (!over.get());
                });
                storm.rage(kills, () -> assertThat(fio).as("fio goes on").isNotDone());
                over.set(true);
                fio.get(5, TimeUnit.MINUTES);
                Tool.succeed(folder, "nbdcopy", device, "copy");
                assertThat(storm.stop()).as(storm.said()).isZero();
                System.out.printf(
                        "%d kills, packed %s: next life after %d ms at most%n", kills, packed, storm.slowestMillis());
            }
            assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("disk.img")))
                    .isEqualTo(-1);
            assertThat(kernel.stop()).isZero();
        }
        assertThat(socket).doesNotExist();
        assertThat(folder.resolve("vduse4j").resolve(NAME + ".inflight")).doesNotExist();
    }

    private void fio(String uri) {
        try {
            var tool = Tool.run(
                    folder,
                    "fio",
                    "--name=job",
                    "--ioengine=nbd",
                    "--uri=" + uri,
                    "--rw=randwrite",
                    "--bs=4k",
                    "--iodepth=32",
                    "--size=64M",
                    "--time_based",
                    "--runtime=" + FIO_SECONDS,
                    "--rate=24m",
                    "--fsync=64",
                    "--verify=crc32c",
                    "--verify_backlog=256",
                    "--verify_fatal=1");
            assertThat(tool.code()).as(tool.output()).isZero();
            assertThat(tool.output()).doesNotContain("verify: bad").contains("err= 0");
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
}
