package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon in a process of its own, without anything of the kernel. */
@Timeout(180)
final class DaemonRunTest {
    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration MOST_CPU = Duration.ofSeconds(1);

    @TempDir
    private Path folder;

    private VduseProcess daemon(Path socket, String... more) throws IOException {
        var words = Stream.concat(
                Stream.of("daemon", "--host", "embedded", "--socket", socket.toString()), Arrays.stream(more));
        return VduseProcess.real(folder, List.of(), words.toArray(String[]::new));
    }

    private static void vduse(Path socket, String line) {
        var words = (line + " --daemon " + socket).split(" ", -1);
        var invocation = Invocation.of(words);
        assertThat(invocation.code()).as(invocation.err()).isZero();
    }

    private static void createThreeDoors(Path socket) {
        vduse(socket, "create a memory:1M");
        vduse(socket, "create b memory:1M --via nbd");
        vduse(socket, "create c memory:1M --via vhost-user-blk --dedicated --poll-us 5");
    }

    @Test
    void standardOutputIsTheSocketAndASignalEndsAllDisks() throws Exception {
        var socket = folder.resolve("new/d");
        try (var daemon = daemon(socket, "--workers", "2", "--poll-us", "1", "--pin", "0")) {
            daemon.awaitErr("ready in");
            assertThat(daemon.awaitOut()).isEqualTo(socket + "\n");
            assertThat(Files.getPosixFilePermissions(socket)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(Files.getPosixFilePermissions(socket.getParent()))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
            createThreeDoors(socket);
            daemon.signal("TERM");
            assertThat(daemon.exitCode()).as(daemon.err()).isZero();
            assertThat(daemon.err())
                    .startsWith("vduse: daemon: at " + socket + ", ready in ")
                    .containsPattern("vduse: a: memory:1M 1 MiB, 1 queue × 256, virtio, ready in [0-9]+ ms\n");
            assertThat(daemon.out()).isEqualTo(socket + "\n");
            assertThat(socket.getParent()).isEmptyDirectory();
        }
    }

    @Test
    void aLivingDaemonIsRefusedAndADeadOneReplaced() throws Exception {
        var socket = folder.resolve("d");
        try (var first = daemon(socket)) {
            first.awaitErr("ready in");
            var other = Files.createDirectory(folder.resolve("other"));
            try (var second =
                    VduseProcess.real(other, List.of(), "daemon", "--host=embedded", "--socket", socket.toString())) {
                assertThat(second.exitCode()).isEqualTo(5);
                assertThat(second.err()).contains("listen " + socket, "EADDRINUSE", "serves there");
            }
            createThreeDoors(socket);
            first.kill();
        }
        assertThat(socket).exists();
        try (var next = daemon(socket)) {
            next.awaitErr("ready in");
            for (var name : List.of("a", "b", "c")) {
                // Nobody shall find an empty disk where there was a full one (P1).
                next.awaitErr(
                        "vduse: " + name + ": cannot be served again: serve again " + name
                                + ": operation not supported (EOPNOTSUPP): what was written to memory:1M went with the process");
                vduse(socket, "rm " + name);
            }
            createThreeDoors(socket);
            vduse(socket, "ls");
            next.signal("INT");
            assertThat(next.exitCode()).as(next.err()).isZero();
            assertThat(folder.resolve("d.exports")).doesNotExist();
        }
    }

    @Test
    void exportsThatNobodyUsesCostNothing() throws Exception {
        var socket = folder.resolve("d");
        try (var daemon = daemon(socket)) {
            daemon.awaitErr("ready in");
            for (int i = 0; i < 32; i++) {
                var door = List.of("vhost-user-blk", "nbd").get(i % 2);
                vduse(socket, "create e" + i + " " + folder + "/e" + i + ".img --size 1M --via " + door);
            }
            var before = daemon.cpu();
            Thread.sleep(IDLE);
            var used = daemon.cpu().minus(before);
            assertThat(used).as("32 exports, idle for " + IDLE).isLessThan(MOST_CPU);
        }
    }
}
