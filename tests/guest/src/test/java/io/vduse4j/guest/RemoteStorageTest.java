package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The picture of the VDUSE documents: storage behind a network, one daemon, a disk of this kernel. The server is killed
 * while a file system on the disk is written to, and comes back: the I/O waits, goes on, and nothing is missing.
 */
final class RemoteStorageTest {
    private static final int PORT = 10809;

    @TempDir
    private Path folder;

    @Test
    @Tag("quick")
    void nbdkitIsGoneForAMoment() throws Exception {
        outage(nbdkit(), Duration.ofSeconds(5));
    }

    @Test
    @Tag("full")
    void nbdkitIsGoneForTwentySeconds() throws Exception {
        outage(nbdkit(), Duration.ofSeconds(20));
    }

    @Test
    @Tag("soak")
    void qemuNbdIsGoneForTwentySeconds() throws Exception {
        outage(qemuNbd(), Duration.ofSeconds(20));
    }

    private String[] nbdkit() {
        return new String[] {
            "nbdkit",
            "--foreground",
            "--ipaddr",
            "127.0.0.1",
            "--port",
            Integer.toString(PORT),
            "file",
            image().toString()
        };
    }

    private String[] qemuNbd() {
        return new String[] {
            "qemu-nbd",
            "--persistent",
            "--shared=8",
            "--bind=127.0.0.1",
            "--port=" + PORT,
            "--format=raw",
            image().toString()
        };
    }

    private Path image() {
        return folder.resolve("remote.img");
    }

    private void outage(String[] server, Duration gone) throws Exception {
        Shell.run("truncate", "-s", "128M", image().toString()).ok();
        var mount = Files.createDirectory(folder.resolve("mnt"));
        try (var first = start(server);
                var vduse = Vduse.start(
                        "nbd://127.0.0.1:" + PORT + "/?reconnect=600", "--name", "remote", "--queues", "2")) {
            var device = vduse.awaitDevice();
            Shell.sh("mkfs.ext4 -q %1$s; mount %1$s %2$s".formatted(device, mount))
                    .ok();
            try (var fio = fio(mount)) {
                Wait.until("writes of fio", Shell.PATIENCE, () -> written(device) > 0);
                Wait.pause(1000);
                first.process().destroyForcibly();
                first.await(Shell.PATIENCE);
                Wait.pause(1000);
                long stalled = written(device);
                Wait.pause(gone.toMillis() - 1000);
                Evidence.show(
                        "%s killed for %d s: %d sectors written before and after",
                        server[0], gone.toSeconds(), stalled);
                assertThat(fio.process().isAlive()).isTrue();
                assertThat(written(device))
                        .as("nothing can be written meanwhile")
                        .isEqualTo(stalled);
                try (var second = start(server)) {
                    assertThat(end(fio, vduse)).contains("err= 0");
                    assertThat(written(device)).isGreaterThan(stalled);
                    Shell.sh("umount %s; fsck.ext4 -fn %s".formatted(mount, device))
                            .show()
                            .ok();
                    vduse.signal("TERM");
                    vduse.await(Shell.PATIENCE).show().ok();
                    assertThat(second.process().isAlive()).isTrue();
                }
            }
        }
        Shell.sh("fsck.ext4 -fn %s".formatted(image())).show().ok();
    }

    /** What fio says at its end; if that does not come, what the daemon does instead is shown. */
    private static String end(Shell.Running fio, Vduse vduse) throws IOException {
        try {
            return fio.await(Duration.ofMinutes(4)).ok().out();
        } catch (AssertionError late) {
            Shell.sh("%s/bin/jcmd %d Thread.dump_to_file -overwrite /tmp/threads; cat /tmp/threads; ss -tn; ps axl"
                            .formatted(System.getProperty("java.home"), vduse.pid()))
                    .show();
            throw late;
        }
    }

    private static Shell.Running start(String... server) throws IOException {
        var running = Shell.start(Map.of(), server);
        Wait.until(server[0] + " to listen", Shell.PATIENCE, () -> {
            if (!running.process().isAlive()) {
                throw new AssertionError(server[0] + ": " + Shell.Running.text(running.err()));
            }
            return Shell.run("ss", "-Hltn", "sport = :" + PORT).out().contains(":" + PORT);
        });
        return running;
    }

    /** Slow enough to last for some seconds, and checked to the end. */
    private static Shell.Running fio(Path mount) throws IOException {
        return Shell.start(
                Map.of(),
                "fio",
                "--name=job",
                "--directory=" + mount,
                "--direct=1",
                "--ioengine=libaio",
                "--iodepth=16",
                "--rw=randwrite",
                "--bsrange=4k-64k",
                "--blockalign=4k",
                "--size=24M",
                "--rate=3m",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--output-format=normal");
    }

    /** Sectors that the disk has completed writing: the seventh figure of its statistics in sysfs. */
    private static long written(String device) throws IOException {
        var stat = Devices.attribute(device, "stat").strip().split(" +", -1);
        return Long.parseLong(stat[6]);
    }
}
