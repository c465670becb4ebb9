package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A socket that vduse was started with. */
@Timeout(180)
final class PassedSocketTest {

    private static final long PID = 4711;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"/run/s", "s", "./systemd", "systemd2", "fd", "FD:3", "fd/3"})
    void anythingElseIsAPath(String text) {
        assertThat(PassedSocket.of(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fd:", "fd:x", "fd:-1", "fd:3x", "fd:1234567890", "systemd:"})
    void halfADescriptorIsRefused(String text) {
        assertThatThrownBy(() -> PassedSocket.of(text)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Map<String, String> environment(String pid, String count, String names) {
        var environment = new HashMap<String, String>();
        for (var one : Map.of("LISTEN_PID", pid, "LISTEN_FDS", count, "LISTEN_FDNAMES", names)
                .entrySet()) {
            if (!one.getValue().equals("-")) {
                environment.put(one.getKey(), one.getValue());
            }
        }
        return environment;
    }

    /** What systemd says, and why that is refused; "-" stands for what it does not say. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "systemd | - | 1 | - | LISTEN_PID is not set",
                "systemd | 4712 | 1 | - | LISTEN_PID is 4712, and this is process 4711",
                "systemd | 04711 | 1 | - | LISTEN_PID is 04711",
                "systemd | 4711 | - | - | LISTEN_FDS is not set",
                "systemd | 4711 | 0 | - | LISTEN_FDS is 0",
                "systemd | 4711 | -1 | - | LISTEN_FDS is -1",
                "systemd | 4711 | 99999999 | - | LISTEN_FDS is 99999999",
                "systemd | 4711 | 2 | a:b | 2 sockets of [a, b]; say by systemd:NAME which is meant",
                "systemd:c | 4711 | 2 | a:b | 0 sockets of [a, b] have this name",
                "systemd:a | 4711 | 2 | a:a | 2 sockets of [a, a] have this name",
                "systemd:a | 4711 | 1 | - | 0 sockets of [unknown] have this name",
                "systemd:a | 4711 | 2 | a | 0 sockets of [unknown, unknown] have this name",
            })
    void whatSystemdHasNotPassedIsRefused(String text, String pid, String count, String names, String why) {
        assertThatThrownBy(() -> PassedSocket.of(text).orElseThrow().open(environment(pid, count, names), PID))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageContaining(why);
    }

    /** A command of another program that makes a socket, becomes our own and hands it over as descriptor 7. */
    private VduseProcess withSocket(String make, Map<String, String> environment, String... args) throws Exception {
        var python = "import os,socket,sys\n"
                + make
                + "\nos.dup2(s.fileno(), 7)\n"
                + "os.environ.update(LISTEN_PID=str(os.getpid()))\n"
                + "os.execvp(sys.argv[1], sys.argv[1:])\n";
        var prefix = new ArrayList<>(List.of("env"));
        environment.forEach((name, value) -> prefix.add(name + "=" + value));
        prefix.addAll(List.of("python3", "-c", python));
        return VduseProcess.real(folder, prefix, args);
    }

    private static String unix(String path, String more) {
        return "s = socket.socket(socket.AF_UNIX)\ns.bind('" + path + "')\n" + more;
    }

    private static void assertServes(Path socket) throws IOException {
        try (var monitor = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var request = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
            monitor.write(request.putInt(1).putInt(1).putInt(0).flip()); // GET_FEATURES
            var reply = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
            while (reply.hasRemaining()) {
                assertThat(monitor.read(reply)).isPositive();
            }
            assertThat(reply.getLong(12) >>> 32 & 1).as("VERSION_1").isEqualTo(1);
        }
    }

    private static void assumePython() throws Exception {
        var python = new ProcessBuilder("sh", "-c", "command -v python3").start();
        assertThat(python.waitFor(20, TimeUnit.SECONDS)).isTrue();
        Assumptions.assumeTrue(python.exitValue() == 0, "no python3 to make a socket with");
    }

    @Test
    void anInheritedSocketIsServedAndStays() throws Exception {
        assumePython();
        var socket = folder.resolve("s");
        try (var vduse = withSocket(
                unix(socket.toString(), "s.listen()"),
                Map.of(),
                "run",
                "memory:1M",
                "--via=vhost-user-blk",
                "--socket=fd:7")) {
            vduse.awaitErr("ready in");
            assertThat(vduse.awaitOut()).isEqualTo(socket + "\n");
            assertServes(socket);
            assertServes(socket);
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).as(vduse.err()).isZero();
        }
        assertThat(socket).as("is not ours to remove").exists();
    }

    @Test
    void systemdsSocketIsFoundByItsName() throws Exception {
        assumePython();
        var socket = folder.resolve("s");
        try (var vduse = withSocket(
                unix(
                        socket.toString(),
                        "s.listen()\nos.dup2(s.detach(), 20)\ns = socket.socket(fileno=20)\n[os.dup2(0, n) for n in (3, 4, 5, 6)]"),
                Map.of("LISTEN_FDS", "5", "LISTEN_FDNAMES", "a:b:c:d:disk"),
                "run",
                "memory:1M",
                "--via=vhost-user-blk",
                "--socket=systemd:disk")) {
            vduse.awaitErr("ready in");
            assertServes(socket);
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).as(vduse.err()).isZero();
        }
        assertThat(socket).exists();
    }

    @Test
    void aSocketWithoutAPathIsSaidAsItIsKnown() throws Exception {
        assumePython();
        try (var vduse = withSocket(
                unix("\\0vduse-" + ProcessHandle.current().pid(), "s.listen()"),
                Map.of(),
                "run",
                "memory:1M",
                "--via=vhost-user-blk",
                "--socket=fd:7")) {
            vduse.awaitErr("ready in");
            assertThat(vduse.awaitOut())
                    .isEqualTo("@vduse-" + ProcessHandle.current().pid() + "\n");
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).as(vduse.err()).isZero();
        }
    }

    /** One line, and nothing is made. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s = open('/dev/null') | fd:7 | 1 | getsockopt fd:7: socket operation on non-socket (ENOTSOCK)",
                "s = open('/dev/null') | fd:4000 | 1 | dup fd:4000: bad file descriptor (EBADF)",
                "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen() | fd:7 | 1 | (EPROTOTYPE); not a Unix stream socket",
                "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) | fd:7 | 1 | (EPROTOTYPE); not a Unix stream socket",
                "s = socket.socket(socket.AF_UNIX) | fd:7 | 2 | (EINVAL); this socket is not a listening one",
                "s = socket.socketpair()[0] | fd:7 | 2 | (EINVAL); this socket is not a listening one",
                "s = open('/dev/null') | systemd | 2 | take systemd: invalid argument (EINVAL); LISTEN_FDS is not set",
            })
    void anythingElseIsRefused(String make, String socket, int code, String why) throws Exception {
        assumePython();
        try (var vduse = withSocket(
                make, Map.of(), "run", "new.img", "--size=1M", "--via=vhost-user-blk", "--socket=" + socket)) {
            assertThat(vduse.exitCode()).as(vduse.err()).isEqualTo(code);
            assertThat(vduse.err()).contains(why).hasLineCount(1);
            assertThat(vduse.out()).isEmpty();
            assertThat(folder.resolve("new.img")).doesNotExist();
        }
    }
}
