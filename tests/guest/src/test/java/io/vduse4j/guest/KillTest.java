package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The daemon is killed again and again while a mounted file system on its disk is written, read and verified; each time
 * the next one takes the disk over. Nobody above notices but by the time it takes (P1, P3, R-17, CR-08, CR-09).
 */
final class KillTest {

    private static final String NAME = "kill";

    /** Emulated, a JVM takes some ten times as long to start; the kernel gives a device up after 30 s. */
    private static final int SECONDS_A_LIFE = 12;

    @TempDir
    private Path folder;

    @Tag("quick")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMountedFileSystemOutlivesItsDaemons(boolean packed) throws Exception {
        storm(packed, 1, 5);
    }

    @Tag("full")
    @ParameterizedTest
    @CsvSource({"false, 20", "true, 5"})
    void aMountedFileSystemOutlivesManyDaemons(boolean packed, int kills) throws Exception {
        storm(packed, kills, 6);
    }

    @Tag("soak")
    @Test
    void aMountedFileSystemOnPackedRingsOutlivesManyDaemons() throws Exception {
        storm(true, 20, 6);
    }

    private Vduse daemon(boolean packed) throws Exception {
        List<String> words = new ArrayList<>(
                List.of("file:" + folder.resolve("disk.img"), "--size", "128M", "--name", NAME, "--queues", "2"));
        if (packed) {
            words.add("--packed");
        }
        return Vduse.start(words.toArray(String[]::new));
    }

    private void storm(boolean packed, int kills, long seed) throws Exception {
        var random = new Random(seed);
        var mount = Files.createDirectory(folder.resolve("mnt"));
        var daemon = daemon(packed);
        try {
            var device = daemon.awaitDevice();
            Shell.sh("dmesg -C; mkfs.ext4 -q %1$s && mount %1$s %2$s".formatted(device, mount))
                    .ok();
            try (var fio = Shell.start(Map.of(), fio(mount, kills * SECONDS_A_LIFE + 5))) {
                for (int i = 0; i < kills; i++) {
                    Wait.pause(1000 + random.nextInt(3000));
                    daemon.signal("KILL");
                    long dead = System.nanoTime();
                    daemon.await(Shell.PATIENCE);
                    daemon = daemon(packed);
                    assertThat(daemon.awaitDevice()).isEqualTo(device);
                    Evidence.show("killed; the next one serves after %d ms", (System.nanoTime() - dead) / 1_000_000);
                }
                var outcome = fio.await(Duration.ofMinutes(10)).show().ok();
                assertThat(outcome.out()).contains("err= 0").doesNotContain("verify:");
            }
            Shell.sh("umount %2$s && e2fsck -fn %1$s".formatted(device, mount))
                    .show()
                    .ok();
            var kernel = Shell.run("dmesg").ok().out();
            assertThat(kernel).doesNotContain("I/O error").doesNotContain("blocked for more than");
            daemon.signal("TERM");
            daemon.await(Shell.PATIENCE).ok();
            assertThat(Devices.vduse()).isEmpty();
        } finally {
            daemon.close();
        }
    }

    private static String[] fio(Path mount, int seconds) {
        return new String[] {
            "fio",
            "--name=job",
            "--directory=" + mount,
            "--direct=1",
            "--ioengine=libaio",
            "--iodepth=16",
            "--rw=randwrite",
            "--bs=8k",
            "--numjobs=2",
            "--size=24M",
            "--time_based",
            "--runtime=" + seconds,
            "--fsync=32",
            "--verify=crc32c",
            "--verify_backlog=64",
            "--verify_fatal=1",
            "--group_reporting"
        };
    }
}
