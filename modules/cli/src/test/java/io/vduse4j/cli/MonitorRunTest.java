package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk served by vhost-user, in a process of its own: nothing of the kernel is needed. */
@Timeout(180)
final class MonitorRunTest {
    private static final int GET_FEATURES = 1;
    private static final int VERSION = 1;
    private static final int REPLY_BYTES = 20;

    @TempDir
    private Path folder;

    @Test
    void standardOutputIsTheSocketAndASignalRemovesIt() throws Exception {
        var socket = folder.resolve("s");
        try (var vduse = VduseProcess.real(
                folder,
                List.of(),
                "run",
                "memory:1M",
                "--via",
                "vhost-user-blk",
                "--queues=2",
                "--packed",
                "--poll-us=5",
                "--socket",
                socket.toString())) {
            vduse.awaitErr("ready in");
            assertThat(vduse.awaitOut()).isEqualTo(socket + "\n");
            try (var monitor = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                var request = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
                monitor.write(
                        request.putInt(GET_FEATURES).putInt(VERSION).putInt(0).flip());
                var reply = ByteBuffer.allocate(REPLY_BYTES).order(ByteOrder.nativeOrder());
                while (reply.hasRemaining()) {
                    assertThat(monitor.read(reply)).isPositive();
                }
                assertThat(reply.getLong(12) >>> 32 & 7).as("VERSION_1, packed").isEqualTo(5);
                vduse.signal("TERM");
                assertThat(vduse.exitCode()).isZero();
            }
            assertThat(vduse.err())
                    .matches(
                            "vduse: disk-memory: memory:1M 1 MiB, 2 queues × 256, vhost-user-blk, ready in [0-9]+ ms\n");
            assertThat(socket).doesNotExist();
        }
    }

    @Test
    void aCommandGetsASocketThatGoesWithIt() throws Exception {
        var script = "echo $VDUSE_DEV; test -S $VDUSE_DEV && exit 42";
        try (var vduse = VduseProcess.real(
                folder, List.of(), "run", "new.img", "--size=1M", "--via=vhost-user-blk", "--", "sh", "-c", script)) {
            assertThat(vduse.exitCode()).as(vduse.err()).isEqualTo(42);
            assertThat(vduse.out()).matches("/.*/vhost-user-blk\n");
            assertThat(Path.of(vduse.out().strip()).getParent()).doesNotExist();
            assertThat(folder.resolve("new.img")).hasSize(1 << 20);
        }
    }

    @Test
    void aSocketInUseIsSaidSoBeforeAFileIsMade() throws Exception {
        var socket = folder.resolve("s").toString();
        try (var first =
                VduseProcess.real(folder, List.of(), "run", "memory:1M", "--via=vhost-user-blk", "--socket", socket)) {
            first.awaitErr("ready in");
            var other = Files.createDirectory(folder.resolve("other"));
            try (var second = VduseProcess.real(
                    other, List.of(), "run", "new.img", "--size=1M", "--via=vhost-user-blk", "--socket", socket)) {
                assertThat(second.exitCode()).isEqualTo(5);
                assertThat(second.err()).contains("listen " + socket, "EADDRINUSE");
                assertThat(other.resolve("new.img")).doesNotExist();
            }
        }
    }
}
