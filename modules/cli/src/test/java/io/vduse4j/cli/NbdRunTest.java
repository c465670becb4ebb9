package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk served by NBD, in a process of its own: nothing of the kernel is needed. */
@Timeout(180)
final class NbdRunTest {
    @TempDir
    private Path folder;

    @Test
    void standardOutputIsTheUriAndASignalRemovesTheSocket() throws Exception {
        var socket = folder.resolve("s");
        try (var vduse = VduseProcess.real(
                folder, List.of(), "run", "memory:1M", "--via", "nbd", "--socket", socket.toString())) {
            vduse.awaitErr("ready in");
            assertThat(vduse.awaitOut()).isEqualTo("nbd+unix:///disk-memory?socket=" + socket + "\n");
            try (var client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                var greeting = ByteBuffer.allocate(8);
                assertThat(client.read(greeting)).isEqualTo(8);
                assertThat(new String(greeting.array(), StandardCharsets.US_ASCII))
                        .isEqualTo("NBDMAGIC");
                vduse.signal("TERM");
                assertThat(vduse.exitCode()).isZero();
            }
            assertThat(vduse.err()).matches("vduse: disk-memory: memory:1M 1 MiB, nbd, ready in [0-9]+ ms\n");
            assertThat(socket).doesNotExist();
        }
    }

    @Test
    void aCommandGetsTheUriOfASocketThatGoesWithIt() throws Exception {
        var script = "echo $VDUSE_DEV; test -S ${VDUSE_DEV#*socket=} && exit 42";
        try (var vduse = VduseProcess.real(
                folder, List.of(), "run", "new.img", "--size=1M", "--via=nbd", "--name=n", "--", "sh", "-c", script)) {
            assertThat(vduse.exitCode()).as(vduse.err()).isEqualTo(42);
            assertThat(vduse.out()).matches("nbd\\+unix:///n\\?socket=/.*/nbd\n");
            var socket = Path.of(vduse.out().strip().replaceFirst(".*socket=", ""));
            assertThat(socket.getParent()).doesNotExist();
            assertThat(folder.resolve("new.img")).hasSize(1 << 20);
        }
    }

    @Test
    void aSocketInUseIsSaidSoBeforeAFileIsMade() throws Exception {
        var socket = folder.resolve("s").toString();
        try (var first = VduseProcess.real(folder, List.of(), "run", "memory:1M", "--via=nbd", "--socket", socket)) {
            first.awaitErr("ready in");
            var other = Files.createDirectory(folder.resolve("other"));
            try (var second = VduseProcess.real(
                    other, List.of(), "run", "new.img", "--size=1M", "--via=nbd", "--socket", socket)) {
                assertThat(second.exitCode()).isEqualTo(5);
                assertThat(second.err()).contains("listen " + socket, "EADDRINUSE");
                assertThat(other.resolve("new.img")).doesNotExist();
            }
        }
    }
}
