package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.nbd.RawClient.Simple;
import io.vduse4j.nbd.wire.Nbd.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Beginning and end of a server, and how much it lets be taken. */
@Timeout(60)
class NbdServerTest {
    @TempDir
    Path folder;

    private NbdServer serve(HeapExport disk) throws IOException {
        var server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT);
        server.add("disk", disk);
        return server;
    }

    private static void refused(int errno, Path path) {
        assertThatThrownBy(() -> NbdServer.listen(path, NbdLimits.DEFAULT))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno())
                                .as(problem.getMessage())
                                .isEqualTo(errno));
    }

    @Test
    void theSocketIsItsOwnersAloneAndGoesWithTheServer() throws Exception {
        var path = folder.resolve("s");
        try (var server = serve(new HeapExport(4096))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
            assertThat(server.uri("a b/ü")).isEqualTo("nbd+unix:///a%20b/%C3%BC?socket=" + path);
            refused(Errno.EADDRINUSE, path);
            try (var files = Files.list(folder)) {
                assertThat(files).containsExactly(path);
            }
        }
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void onlyASocketThatNobodyListensOnIsReplaced() throws Exception {
        var path = folder.resolve("s");
        try (var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        try (var server = serve(new HeapExport(4096))) {
            RawClient.begun(server.address(), "disk").close();
        }
        Files.writeString(path, "precious");
        refused(Errno.EEXIST, path);
        assertThat(path).hasContent("precious");
        refused(Errno.ENOENT, folder.resolve("none/s"));
        refused(Errno.ENAMETOOLONG, folder.resolve("x".repeat(100)));
    }

    @Test
    void theSocketOfASuccessorIsLeftAlone() throws Exception {
        var path = folder.resolve("s");
        var server = serve(new HeapExport(4096));
        Files.delete(path);
        try (var successor = NbdServer.listen(path, NbdLimits.DEFAULT)) {
            server.close();
            assertThat(path).exists();
            assertThat(successor.connections()).isZero();
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void tcpIsForThisHostUnlessAskedOtherwise() throws Exception {
        var any = new InetSocketAddress("0.0.0.0", 0);
        assertThatThrownBy(() -> NbdServer.listen(any, NbdLimits.DEFAULT)).isInstanceOf(LinuxException.class);
        var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (var server = NbdServer.listen(loopback, NbdLimits.DEFAULT);
                var open = NbdServer.listenOpenly(any, NbdLimits.DEFAULT)) {
            server.add("disk", new HeapExport(4096));
            assertThat(server.uri("disk")).matches("nbd://127\\.0\\.0\\.1:[0-9]+/disk");
            RawClient.begun(server.address(), "disk").close();
            int port = ((InetSocketAddress) open.address()).getPort();
            new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)).close();
        }
    }

    @Test
    void stoppingRepliesToWhatIsUnderWay() throws Exception {
        var disk = new HeapExport(4096);
        var server = serve(disk);
        try (var client = RawClient.begun(server.address(), "disk");
                var idle = RawClient.begun(server.address(), "disk")) {
            disk.hold(1);
            client.request(Command.FLUSH, 0, 9, 0, 0);
            assertThat(disk.awaitHeld()).isTrue();
            var stop = Thread.ofPlatform().start(() -> {
                try {
                    server.stop(Duration.ofSeconds(20));
                } catch (IOException failure) {
                    throw new AssertionError(failure);
                }
            });
            assertThat(idle.isDisconnected()).isTrue();
            assertThat(stop.join(Duration.ofMillis(200))).isFalse();
            disk.releaseAll();
            assertThat(client.simple()).isEqualTo(new Simple(0, 9));
            assertThat(client.isDisconnected()).isTrue();
            assertThat(stop.join(Duration.ofSeconds(20))).isTrue();
        }
        server.close();
    }

    @Test
    void anExportThatDoesNotCompleteIsToldAndItsMemoryKept() throws Exception {
        long before = MemoryBudget.process().used();
        var disk = new HeapExport(1 << 20);
        var server = serve(disk);
        disk.hold(1);
        try (var client = RawClient.begun(server.address(), "disk")) {
            client.request(Command.READ, 0, 1, 0, 1 << 20);
            assertThat(disk.awaitHeld()).isTrue();
            assertThatThrownBy(() -> server.stop(Duration.ofMillis(100)))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            late -> assertThat(late.errno()).isEqualTo(Errno.ETIMEDOUT));
            assertThat(client.isDisconnected()).isTrue();
        }
        assertThat(MemoryBudget.process().used()).isGreaterThanOrEqualTo(before + (1 << 20));
        disk.releaseAll();
    }

    @Test
    void removingAnExportDisconnectsItsClientsOnly() throws Exception {
        try (var server = serve(new HeapExport(4096))) {
            server.add("other", new HeapExport(4096));
            try (var client = RawClient.begun(server.address(), "disk");
                    var other = RawClient.begun(server.address(), "other")) {
                server.remove("disk", Duration.ofSeconds(10));
                assertThat(client.isDisconnected()).isTrue();
                other.request(Command.FLUSH, 0, 1, 0, 0);
                assertThat(other.simple()).isEqualTo(new Simple(0, 1));
            }
        }
    }

    @Test
    void moreClientsThanAllowedAreTurnedAway() throws Exception {
        try (var server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT.withConnections(4))) {
            server.add("disk", new HeapExport(4096));
            var clients = new ArrayList<RawClient>();
            for (int i = 0; i < 4; i++) {
                clients.add(RawClient.begun(server.address(), "disk"));
            }
            try (var fifth = new RawClient(server.address())) {
                assertThat(fifth.isDisconnected()).isTrue();
            }
            clients.getFirst().close();
            for (int i = 0; i < 100 && server.connections() == 4; i++) {
                Thread.sleep(20);
            }
            RawClient.begun(server.address(), "disk").close();
            for (var client : clients) {
                client.close();
            }
        }
    }

    @Test
    void whoDoesNotReadDoesNotStopTheOthers() throws Exception {
        long most = 32 << 20;
        var limits = NbdLimits.DEFAULT.withBytes(most, most).withStall(Duration.ofSeconds(1));
        try (var server = NbdServer.listen(folder.resolve("s"), limits)) {
            server.add("disk", new HeapExport(32 << 20));
            try (var sleeper = RawClient.begun(server.address(), "disk");
                    var half = RawClient.begun(server.address(), "disk");
                    var client = RawClient.begun(server.address(), "disk")) {
                sleeper.request(Command.READ, 0, 1, 0, 16 << 20);
                half.request(Command.WRITE, 0, 1, 0, 16 << 20);
                Thread.sleep(300);
                for (int i = 0; i < 3; i++) {
                    client.request(Command.READ, 0, i, 0, 4 << 20);
                    assertThat(client.simple()).isEqualTo(new Simple(0, i));
                    client.bytes(4 << 20);
                }
                assertThat(half.isDisconnected()).isTrue();
            }
        }
    }

    @Test
    void nothingIsLeftOfClientsThatAreGone() throws Exception {
        long before = MemoryBudget.process().used();
        try (var server = serve(new HeapExport(1 << 20))) {
            for (int i = 0; i < 50; i++) {
                try (var client = RawClient.begun(server.address(), "disk")) {
                    client.request(Command.READ, 0, i, 0, 1 << 20);
                    if (i % 2 == 0) {
                        client.simple();
                        client.bytes(1 << 20);
                    }
                }
            }
        }
        assertThat(MemoryBudget.process().used()).isEqualTo(before);
    }
}
