package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Linux guest of QEMU on the disk of {@code vduse run --via vhost-user-blk}, or of a daemon. */
@Timeout(600)
class MonitorTest {

    private static final long MIB = 1 << 20;

    /** What the guest has written before it says "read back"; it is not written again. */
    private static final int WRITTEN = 2 << 20;

    @TempDir
    private Path folder;

    private Path socket;
    private Path image;

    @BeforeEach
    void prepare() {
        socket = folder.resolve("s");
        image = folder.resolve("disk.img");
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

    private void grow(long bytes) throws IOException {
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    @Test
    @Tag("full")
    void linuxUsesPackedRings() throws Exception {
        try (var vduse = serve("--size=64M")) {
            try (var guest = MonitorGuest.boot(folder, socket, true)) {
                guest.awaitSaid("guest: size 131072 queues 2 serial monitor packed 1");
                guest.awaitSaid("guest: read back");
                grow(128 * MIB);
                guest.awaitSaid("guest: round 1");
            }
            assertThat(vduse.stop()).isZero();
            assertThat(socket).doesNotExist();
        }
    }

    /** Verified I/O, a live resize, and an orderly restart: QEMU connects again, and the guest notices a pause. */
    @Test
    void linuxUsesTheDiskSeesItGrowAndGoesOnAfterARestart() throws Exception {
        var first = serve("--size=64M");
        try (var guest = MonitorGuest.boot(folder, socket, false)) {
            guest.awaitSaid("guest: size 131072 queues 2 serial monitor packed 0");
            guest.awaitSaid("guest: read back");
            guest.awaitSaid("guest: cache write through");
            guest.awaitSaid("guest: cache write back");
            grow(128 * MIB);
            guest.awaitSaid("guest: resized 262144");
            guest.awaitSaid("guest: round 1");
            assertThat(first.stop()).isZero();
            try (var second = serve()) {
                guest.awaitRounds(2);
                guest.switchOff();
                assertThat(second.stop()).isZero();
            }
        } finally {
            first.close();
        }
    }

    private String sum(Path file) throws Exception {
        var bytes = ByteBuffer.allocate(WRITTEN);
        try (var channel = FileChannel.open(file)) {
            while (bytes.hasRemaining() && channel.read(bytes) > 0) {}
        }
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes.array()));
    }

    /**
     * The daemon of the guest's disk is killed while the guest writes and verifies, and the next one goes on with what was
     * in flight, also with packed rings (P1, R-14, R-15); the same volume can be read by NBD all the time.
     */
    @Test
    void linuxGoesOnAfterItsDaemonWasKilled() throws Exception {
        kill(true);
    }

    /** The same with split rings. */
    @Test
    @Tag("full")
    void linuxGoesOnWithSplitRings() throws Exception {
        kill(false);
    }

    private void kill(boolean packed) throws Exception {
        var daemons = new Daemons(folder, folder.resolve("no-kernel"));
        var daemon = daemons.start();
        try {
            socket = Path.of(daemons.done("create vm file:" + image
                            + " --size 64M --queues 2 --serial monitor --packed --via vhost-user-blk")
                    .strip());
            var reader = daemons.done("create copy file:" + image + " --via nbd --read-only")
                    .strip();
            try (var guest = MonitorGuest.boot(folder, socket, packed)) {
                guest.awaitSaid("guest: size 131072 queues 2 serial monitor packed " + (packed ? 1 : 0));
                var written = guest.awaitSaid(Pattern.compile("guest: read back ([0-9a-f]{32})"));
                daemons.done("resize vm 128M");
                guest.awaitSaid("guest: resized 262144");
                for (int kill = 0; kill < 3; kill++) {
                    guest.awaitRounds(2);
                    Tool.succeed(folder, "nbdcopy", reader, "copy");
                    assertThat(sum(folder.resolve("copy"))).as("through NBD").isEqualTo(written);
                    Thread.sleep(50 + 170 * kill); // somewhere in a round
                    daemon.kill();
                    daemon = daemons.start();
                }
                guest.awaitRounds(2);
            }
            assertThat(daemon.stop()).isZero();
        } finally {
            daemon.close();
        }
    }
}
