package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Linux guest of QEMU on the disk of {@code vduse run --via vhost-user-blk}. */
@Timeout(600)
class MonitorTest {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long MIB = 1 << 20;

    @TempDir
    private Path folder;

    private Path boot;
    private Path socket;
    private Path image;
    private Path console;

    @BeforeEach
    void prepare() throws Exception {
        var prepared = Tool.run(folder, ROOT.resolve("tests/guest/prepare").toString());
        Assumptions.assumeTrue(prepared.code() != 6, "no kernel for guests can be had here: " + prepared.output());
        assertThat(prepared.code()).as(prepared.output()).isZero();
        boot = Path.of(prepared.output().lines().toList().getLast());
        socket = folder.resolve("s");
        image = folder.resolve("disk.img");
        console = folder.resolve("console");
        Tool.succeed(
                folder,
                ROOT.resolve("tests/peers/guest/make-initramfs").toString(),
                boot.toString(),
                folder.resolve("initramfs").toString());
    }

    private VduseProcess serve(String... more) throws Exception {
        var words = new ArrayList<>(
                List.of("run", image.toString(), "--queues=2", "--serial=monitor", "--packed", "--via=vhost-user-blk"));
        words.addAll(List.of("--socket", socket.toString()));
        words.addAll(List.of(more));
        var vduse = VduseProcess.start(folder, words.toArray(String[]::new));
        assertThat(vduse.awaitDevice()).isEqualTo(socket.toString());
        return vduse;
    }

    private Process boot(String packed) throws IOException {
        return new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-nodefaults",
                        "-no-user-config",
                        "-display",
                        "none",
                        "-no-reboot",
                        "-nic",
                        "none",
                        "-machine",
                        "q35,memory-backend=m",
                        "-accel",
                        "tcg,thread=multi",
                        "-cpu",
                        "max,la57=off",
                        "-smp",
                        "2",
                        "-m",
                        "256",
                        "-object",
                        "memory-backend-memfd,id=m,size=256M,share=on",
                        "-chardev",
                        "socket,id=c,path=" + socket + ",reconnect=1",
                        "-device",
                        "vhost-user-blk-pci,chardev=c,num-queues=2,packed=" + packed,
                        "-kernel",
                        boot.resolve("kernel").toString(),
                        "-initrd",
                        folder.resolve("initramfs").toString(),
                        "-append",
                        "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off no_timer_check",
                        "-serial",
                        "file:" + console)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("qemu").toFile())
                .start();
    }

    private void awaitSaid(Process qemu, String text) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(console) || !Files.readString(console).contains(text)) {
            assertThat(qemu.isAlive() && System.nanoTime() - end < 0)
                    .as(
                            "%s is not said; the guest: %s; QEMU: %s",
                            text,
                            Files.exists(console) ? Files.readString(console) : "",
                            Files.readString(folder.resolve("qemu")))
                    .isTrue();
            Thread.sleep(100);
        }
    }

    private void grow(long bytes) throws IOException {
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    private long rounds() throws IOException {
        return Files.readString(console)
                .lines()
                .filter(line -> line.contains("guest: round"))
                .count();
    }

    private static void end(Process qemu) throws InterruptedException {
        qemu.destroyForcibly();
        assertThat(qemu.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @Tag("full")
    void linuxUsesPackedRings() throws Exception {
        try (var vduse = serve("--size=64M")) {
            var qemu = boot("on");
            try {
                awaitSaid(qemu, "guest: size 131072 queues 2 serial monitor packed 1");
                awaitSaid(qemu, "guest: read back");
                grow(128 * MIB);
                awaitSaid(qemu, "guest: round 1");
            } finally {
                end(qemu);
            }
            assertThat(vduse.stop()).isZero();
            assertThat(socket).doesNotExist();
        }
    }

    /**
     * Verified I/O, a live resize, and an orderly restart: QEMU connects again, and the guest notices a pause. With packed
     * rings that needs an in-flight log, for they do not tell where they stand.
     */
    @Test
    void linuxUsesTheDiskSeesItGrowAndGoesOnAfterARestart() throws Exception {
        var first = serve("--size=64M");
        var qemu = boot("off");
        try {
            awaitSaid(qemu, "guest: size 131072 queues 2 serial monitor packed 0");
            awaitSaid(qemu, "guest: read back");
            awaitSaid(qemu, "guest: cache write through");
            awaitSaid(qemu, "guest: cache write back");
            grow(128 * MIB);
            awaitSaid(qemu, "guest: resized 262144");
            awaitSaid(qemu, "guest: round 1");
            assertThat(first.stop()).isZero();
            try (var second = serve()) {
                long before = rounds();
                awaitSaid(qemu, "guest: round " + (before + 2));
                assertThat(Files.readString(console)).doesNotContain("guest: failed");
                end(qemu);
                assertThat(second.stop()).isZero();
            }
        } finally {
            first.close();
            end(qemu);
        }
    }
}
