package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/** A guest of QEMU that has nothing but the disk at a vhost-user socket, and uses it as {@code guest/init} says. */
final class MonitorGuest implements AutoCloseable {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Path console;
    private final Path errors;
    private final Process qemu;

    private MonitorGuest(Path console, Path errors, Process qemu) {
        this.console = console;
        this.errors = errors;
        this.qemu = qemu;
    }

    /**
     * Boots one; the test is given up if no kernel for it can be had.
     *
     * @param folder for what belongs to it
     * @param socket where its disk is
     * @param packed whether its QEMU knows packed rings
     */
    static MonitorGuest boot(Path folder, Path socket, boolean packed) throws IOException, InterruptedException {
        var prepared = Tool.run(folder, ROOT.resolve("tests/guest/prepare").toString());
        Assumptions.assumeTrue(prepared.code() != 6, "no kernel for guests can be had here: " + prepared.output());
        assertThat(prepared.code()).as(prepared.output()).isZero();
        var boot = Path.of(prepared.output().lines().toList().getLast());
        var initramfs = folder.resolve("initramfs").toString();
        Tool.succeed(folder, ROOT.resolve("tests/peers/guest/make-initramfs").toString(), boot.toString(), initramfs);
        var console = folder.resolve("console");
        var errors = folder.resolve("qemu");
        var qemu = new ProcessBuilder(
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
                        "vhost-user-blk-pci,chardev=c,num-queues=2,packed=" + (packed ? "on" : "off"),
                        "-kernel",
                        boot.resolve("kernel").toString(),
                        "-initrd",
                        initramfs,
                        "-append",
                        "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off no_timer_check",
                        "-serial",
                        "file:" + console)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(errors.toFile())
                .start();
        return new MonitorGuest(console, errors, qemu);
    }

    /** What it has said so far. */
    String said() throws IOException {
        return Files.exists(console) ? Files.readString(console) : "";
    }

    /** Waits until it says this. */
    void awaitSaid(String text) throws IOException, InterruptedException {
        awaitSaid(Pattern.compile(Pattern.quote(text)));
    }

    /** Waits until it says something of this form; returns the form's first group, or all of it. */
    String awaitSaid(Pattern form) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        var found = form.matcher(said());
        while (!found.find()) {
            assertThat(qemu.isAlive() && System.nanoTime() - end < 0)
                    .as("%s is not said; the guest: %s; QEMU: %s", form, said(), Files.readString(errors))
                    .isTrue();
            Thread.sleep(100);
            found = form.matcher(said());
        }
        return found.group(found.groupCount());
    }

    /** Waits until it has gone through this many more rounds of writing and reading. */
    void awaitRounds(int more) throws IOException, InterruptedException {
        long before =
                said().lines().filter(line -> line.contains("guest: round")).count();
        awaitSaid("guest: round " + (before + more - 1) + "\r\n");
        assertThat(said()).doesNotContain("guest: failed");
    }

    /** Switches it off, which its disk sees as a monitor that has gone. */
    void switchOff() {
        qemu.destroyForcibly();
        qemu.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        switchOff();
    }
}
