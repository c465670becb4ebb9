package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon that is killed under load is followed by one that serves its disks again, through each door (P1, R-14); one that
 * cannot be served holds up no other.
 */
@Timeout(300)
class DaemonKillTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int DEPTH = 32;

    @TempDir
    Path folder;

    private Daemons daemons() {
        return new Daemons(folder, folder.resolve("kernel.sock"));
    }

    private VduseProcess ask(String line) throws IOException {
        return daemons().ask(line);
    }

    private String done(String line) throws Exception {
        return daemons().done(line);
    }

    private Path state() {
        return folder.resolve("daemon.sock.exports");
    }

    private String create(String name, String more) throws Exception {
        return done("create " + name + " file:" + folder.resolve(name + ".img") + " --size 64M " + more)
                .strip();
    }

    private void awaitLs(String pattern) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String listed;
        do {
            listed = done("ls");
            assertThat(System.nanoTime() - deadline).as(listed).isNegative();
        } while (!listed.lines().anyMatch(line -> line.matches(pattern)));
    }

    @Test
    void theNextDaemonGoesOnWithAll() throws Exception {
        try (var kernel = VduseProcess.start(
                folder, "kernel", "--socket", folder.resolve("kernel.sock").toString())) {
            kernel.awaitErr("ready in");
            var daemon = daemons().start();
            try {
                var device = create("own", "--via vduse");
                var monitor = Path.of(create("vm", "--via vhost-user-blk"));
                create("net", "--via nbd");
                create("other", "--via nbd");
                done("rm other");
                assertThat(Files.getPosixFilePermissions(state()))
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
                var fio = Fio.start(folder, device, 25);
                try (var frontEnd = VhostUserFrontEnd.connect(monitor, PATIENCE);
                        var driver = Executors.newSingleThreadExecutor()) {
                    frontEnd.negotiate(VhostUserFrontEnd.supported(), VhostUserFeatures.OFFERED);
                    frontEnd.start(1, 64, 0, DEPTH);
                    var work = new BlkWorkload(0, 16_384, 64, frontEnd.features() | BlkFeatures.FLUSH, new Random(7));
                    var enough = new AtomicBoolean();
                    var working = driver.submit(() -> {
                        while (!enough.get()) {
                            work.run(frontEnd.queue(0), 500, DEPTH, frontEnd.tables());
                        }
                    });
                    try {
                        Thread.sleep(1500);
                        daemon.kill();
                        fio.goesOn();
                        Files.move(folder.resolve("net.img"), folder.resolve("away.img"));
                        daemon = daemons().start();
                        awaitLs("vm +vhost-user-blk .* up");
                        frontEnd.reconnect(monitor);
                        awaitLs("own +vduse .* up");
                        awaitLs("net +nbd .* failed: open .*ENOENT.*");
                        fio.goesOn();
                        Thread.sleep(1000);
                    } finally {
                        enough.set(true);
                    }
                    working.get(1, TimeUnit.MINUTES);
                    assertThat(work.done()).isGreaterThan(1000);
                }
                fio.endsWell();
                recoverTheLostOne();
                Tool.succeed(folder, "nbdcopy", device, "copy");
                assertThat(daemon.stop()).as(Files.readString(daemon.err())).isZero();
            } finally {
                daemon.close();
            }
            assertThat(state()).as("an orderly end forgets").doesNotExist();
            assertThat(folder.resolve("vduse4j")).isEmptyDirectory();
            assertThat(kernel.stop()).isZero();
        }
        assertThat(Files.mismatch(folder.resolve("copy"), folder.resolve("own.img")))
                .isEqualTo(-1);
    }

    private void recoverTheLostOne() throws Exception {
        try (var recover = ask("recover")) {
            assertThat(recover.awaitExit()).isEqualTo(3);
            assertThat(Files.readString(recover.err())).contains("(ENOENT)");
        }
        Files.move(folder.resolve("away.img"), folder.resolve("net.img"));
        done("recover net");
        awaitLs("net +nbd .* up");
        try (var recover = ask("recover net")) {
            assertThat(recover.awaitExit()).isEqualTo(5);
        }
    }
}
