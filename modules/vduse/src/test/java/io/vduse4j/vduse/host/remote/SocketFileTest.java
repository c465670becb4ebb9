package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The socket's name: whose it is, and when it goes. */
@Timeout(60)
class SocketFileTest {
    @TempDir
    private Path folder;

    private Path path;
    private final ScriptedHost host = new ScriptedHost();

    @BeforeEach
    void name() {
        path = folder.resolve("kernel.sock");
    }

    @Test
    void onlyItsUserMayConnectAndItGoesWithTheServer() throws IOException {
        try (var server = KernelServer.listen(host, path)) {
            assertThat(server.clients()).isZero();
            assertThat(FileIo.status(path.toString()).isSocket()).isTrue();
            assertThat(FileIo.status(path.toString()).permissions()).isEqualTo(0600);
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void whatAKilledServerLeftIsReplaced() throws IOException {
        UnixSocket.listen(path, 0600, 1).close();
        assertThat(path).exists();
        try (var server = KernelServer.listen(host, path);
                var client = RemoteHost.connect(path, RemoteRig.PATIENCE)) {
            assertThat(client.name()).isEqualTo("scripted");
            assertThat(server.clients()).isEqualTo(1);
        }
    }

    @Test
    void aLiveServerKeepsItsSocket() throws IOException {
        try (var server = KernelServer.listen(host, path)) {
            refused(Errno.EADDRINUSE, "process " + ProcessHandle.current().pid());
            try (var client = RemoteHost.connect(path, RemoteRig.PATIENCE)) {
                assertThat(client.name()).isEqualTo("scripted");
            }
            assertThat(server.clients()).isNotNegative();
        }
    }

    @Test
    void aFileOfAnotherKindIsNotTouched() throws IOException {
        Files.writeString(path, "precious");
        refused(Errno.EEXIST, "no socket");
        assertThat(path).hasContent("precious");
        path = folder.resolve("no folder/kernel.sock");
        refused(Errno.ENOENT, "no folder");
        path = Path.of("/");
        refused(Errno.EEXIST, "no socket");
    }

    private void refused(int errno, String message) {
        assertThatThrownBy(() -> KernelServer.listen(host, path))
                .isInstanceOfSatisfying(LinuxException.class, failure -> {
                    assertThat(failure.errno()).isEqualTo(errno);
                    assertThat(failure.getMessage()).contains(message);
                });
    }

    @Test
    void theSocketOfASuccessorStays() throws IOException {
        var first = KernelServer.listen(host, path);
        Files.delete(path);
        try (var second = KernelServer.listen(host, path)) {
            first.close();
            assertThat(path).exists();
            RemoteHost.connect(path, RemoteRig.PATIENCE).close();
            assertThat(second.clients()).isNotNegative();
        }
    }

    /** Each sees the stale socket; one of them must win, and its socket must be the one that is there. */
    @Test
    void ofManyThatStartAtOnceOneServes() throws Exception {
        for (int round = 0; round < 10; round++) {
            UnixSocket.listen(path, 0600, 1).close();
            var tasks = new ArrayList<FutureTask<KernelServer>>();
            for (int i = 0; i < 4; i++) {
                var task = new FutureTask<>(() -> KernelServer.listen(host, path));
                tasks.add(task);
                Thread.ofPlatform().daemon().start(task);
            }
            var servers = new ArrayList<KernelServer>();
            for (var task : tasks) {
                try {
                    servers.add(task.get(30, TimeUnit.SECONDS));
                } catch (ExecutionException refused) {
                    assertThat(((LinuxException) refused.getCause()).errno()).isEqualTo(Errno.EADDRINUSE);
                }
            }
            assertThat(servers).hasSize(1);
            RemoteHost.connect(path, RemoteRig.PATIENCE).close();
            servers.getFirst().close();
        }
    }
}
