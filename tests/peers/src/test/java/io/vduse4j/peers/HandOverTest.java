package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An orderly end with {@code --keep} leaves the device to the next server while its driver works: no error, nothing lost
 * . The kernel half is a process of its own.
 */
@Timeout(300)
class HandOverTest {
    private static final String NAME = "handed";

    @TempDir
    Path folder;

    private VduseProcess run(String backend, String... more) throws IOException {
        var words = new ArrayList<>(List.of("run", backend, "--name", NAME, "--host", kernelSocket()));
        words.addAll(List.of(more));
        return VduseProcess.start(folder, words.toArray(String[]::new));
    }

    private String kernelSocket() {
        return folder.resolve("kernel.sock").toString();
    }

    private VduseProcess kernel() throws Exception {
        var kernel = VduseProcess.start(folder, "kernel", "--socket", kernelSocket());
        kernel.awaitErr("ready in");
        return kernel;
    }

    private Path log() {
        return folder.resolve("vduse4j").resolve(NAME + ".inflight");
    }

    @Test
    void aNewServerTakesOverUnderLoad() throws Exception {
        var image = "file:" + folder.resolve("disk.img");
        try (var kernel = kernel()) {
            var server = run(image, "--size", "64M", "--keep");
            try {
                var device = server.awaitDevice();
                var fio = Fio.start(folder, device, 12);
                for (int i = 0; i < 3; i++) {
                    Thread.sleep(1000);
                    assertThat(server.stop()).isZero();
                    assertThat(server.said())
                            .contains("vduse: handed: left on the vdpa bus, its driver waits: go on with \"vduse run "
                                    + image + " --name handed --host " + kernelSocket()
                                    + "\", or end it with \"vduse abort handed --host " + kernelSocket() + "\"\n");
                    assertThat(log()).exists();
                    fio.goesOn();
                    server = run(image, "--keep");
                    assertThat(server.awaitDevice()).isEqualTo(device);
                }
                fio.endsWell();
                Tool.succeed(folder, "nbdcopy", device, "copy");
                assertThat(server.stop()).isZero();
                server = run(image); // and one that does not keep it
                assertThat(server.awaitDevice()).isEqualTo(device);
                assertThat(server.stop()).isZero();
                assertThat(server.said()).doesNotContain("left on the vdpa bus");
            } finally {
                server.close();
            }
            assertThat(log()).doesNotExist();
            assertThat(kernel.stop()).isZero();
        }
        assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("disk.img")))
                .isEqualTo(-1);
    }

    /** The storage hangs, so that the first signal has to wait; the second does not. */
    @Test
    void aSecondSignalLosesNothing() throws Exception {
        Tool.succeed(folder, "truncate", "-s", "64M", "image");
        var socket = folder.resolve("storage");
        var storage = ServerProcess.start(
                folder,
                socket,
                "qemu-nbd",
                "--persistent",
                "--shared=4",
                "--format=raw",
                "--socket=" + socket,
                "image");
        var backend = "nbd+unix:///?socket=" + socket;
        try (var kernel = kernel()) {
            var server = run(backend, "--keep");
            try {
                var device = server.awaitDevice();
                var fio = Fio.start(folder, device, 8);
                Thread.sleep(2000);
                storage.signal("STOP");
                Thread.sleep(200);
                server.terminate();
                Thread.sleep(800); // sooner it would be an echo of the first
                server.terminate();
                long asked = System.nanoTime();
                assertThat(server.awaitExit()).isEqualTo(1);
                assertThat(System.nanoTime() - asked).isLessThan(2_000_000_000L);
                assertThat(server.said())
                        .contains("ended at once by a second signal: handed may be left on the vdpa bus");
                storage.signal("CONT");
                server = run(backend);
                assertThat(server.awaitDevice()).isEqualTo(device);
                fio.endsWell();
                Tool.succeed(folder, "nbdcopy", device, "copy");
                assertThat(server.stop()).isZero();
            } finally {
                server.close();
            }
            assertThat(log()).doesNotExist();
            assertThat(kernel.stop()).isZero();
        } finally {
            storage.signal("CONT");
            storage.kill();
        }
        assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("image")))
                .isEqualTo(-1);
    }
}
