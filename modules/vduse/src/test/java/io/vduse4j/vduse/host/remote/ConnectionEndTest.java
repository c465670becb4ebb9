package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One of the two processes is gone. */
@Timeout(120)
class ConnectionEndTest {
    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofAuto();

    private static FutureTask<Integer> startPoll(VduseNode node) {
        var poll = new FutureTask<>(() -> node.poll(VduseNode.POLLIN, -1));
        Thread.ofPlatform().daemon().start(poll);
        return poll;
    }

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    /** kernel-behaviour 3.6: what the dead one has read and not answered, the next one reads again. */
    @Test
    void aClientThatEndsLeavesItsMessagesToTheNext() throws Exception {
        try (var rig = new RemoteRig(folder)) {
            var disk = rig.served.device("disk0");
            var buffer = arena.allocate(8);
            try (var dead = rig.greeted()) {
                dead.send(
                        Frame.of(Op.OPEN, 1, 0, new BodyWriter().string("disk0").body()));
                int node = dead.receive().orElseThrow().value();
                disk.send(1);
                disk.send(2);
                dead.send(Frame.of(Op.READ, 2, node, new BodyWriter().u32(152).body()));
                assertThat(dead.receive().orElseThrow().body()).containsExactly(1, 0x55);
                dead.send(Frame.of(Op.READ, 3, node, new BodyWriter().u32(152).body()));
                dead.send(Frame.of(
                        Op.POLL, 4, node, new BodyWriter().u32(0).s64(-1).body()));
                Eventually.until("it waits", () -> disk.waiting() == 1);
                fails(Errno.EBUSY, () -> rig.client.open("disk0"));
            }
            Eventually.until("the poll has ended", () -> !disk.isOpen() && disk.waiting() == 0);
            try (var next = rig.client.open("disk0")) {
                assertThat(next.read(buffer)).isEqualTo(2);
                assertThat(buffer.get(JAVA_BYTE, 0)).isEqualTo((byte) 1);
                assertThat(next.read(buffer)).isEqualTo(2);
                assertThat(buffer.get(JAVA_BYTE, 0)).isEqualTo((byte) 2);
            }
            rig.awaitNothingLeft();
        }
    }

    @Test
    void aClientThatEndsWithinALongCallLeavesNothing() throws Exception {
        try (var rig = new RemoteRig(folder)) {
            rig.served.gate = new CountDownLatch(1);
            try (var dead = rig.greeted()) {
                dead.send(Frame.of(
                        Op.VDPA,
                        1,
                        0,
                        new BodyWriter().u32(3).u32(0).s64(10_000).body()));
                Eventually.until("it is asked", () -> !rig.served.log.isEmpty());
            }
            Eventually.until("it is gone", () -> rig.server.clients() == 1);
            rig.served.gate.countDown();
            rig.awaitNothingLeft();
        }
    }

    @Test
    void withoutTheServerEveryCallFailsAtOnce() throws Exception {
        try (var rig = new RemoteRig(folder)) {
            var node = rig.client.open("disk0");
            var poll = startPoll(node);
            Eventually.until("it waits", () -> rig.served.device("disk0").waiting() == 1);
            rig.server.close();
            assertThat(poll.get(20, TimeUnit.SECONDS)).isIn(-Errno.EIO, -Errno.EBADF);
            Eventually.until("it is known", () -> node.read(arena.allocate(152)) == -Errno.EIO);
            long began = System.nanoTime();
            assertThat(node.write(arena.allocate(152))).isEqualTo(-Errno.EIO);
            assertThat(node.ioctl(0x8113, arena.allocate(8))).isEqualTo(-Errno.EIO);
            assertThat(node.poll(VduseNode.POLLIN, 0)).isEqualTo(-Errno.EIO);
            assertThat(node.poll(VduseNode.POLLIN, -1)).isEqualTo(-Errno.EIO);
            fails(Errno.EIO, () -> rig.client.open("disk0"));
            fails(Errno.EIO, () -> rig.client.readAttribute("disk0", "x"));
            fails(Errno.EIO, () -> rig.client.writeAttribute("disk0", "x", "y"));
            fails(Errno.EIO, () -> rig.client.vdpa(1, false, new byte[0], Duration.ofSeconds(60)));
            fails(Errno.EIO, () -> rig.client.bind("disk0", "virtio_vdpa"));
            fails(Errno.EIO, () -> rig.client.consumer("disk0"));
            assertThat(rig.client.isAttached("disk0")).isFalse();
            node.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
            assertThatThrownBy(() -> rig.client.open("disk0"))
                    .hasMessageContaining("the kernel process at " + rig.path)
                    .hasMessageContaining("it has ended");
        }
    }

    /** One that is stopped (SIGSTOP) is as lost as one that has ended. */
    @Test
    void aServerThatAnswersNoMoreIsLost() throws Exception {
        var path = folder.resolve("silent.sock");
        try (var listening = UnixSocket.listen(path, 0600, 1)) {
            var silent = serveHandshakeOnly(listening);
            try (var host = RemoteHost.connect(path, RemoteRig.PATIENCE, Duration.ofMillis(500))) {
                fails(Errno.EIO, () -> host.open("disk0"));
                long began = System.nanoTime();
                assertThatThrownBy(() -> host.open("disk0")).hasMessageContaining("has not answered for");
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(400));
            }
            silent.get(20, TimeUnit.SECONDS).close();
        }
    }

    @Test
    void aLongCallThatIsNotAnsweredIsOverAndNothingElseIs() throws Exception {
        var path = folder.resolve("silent.sock");
        try (var listening = UnixSocket.listen(path, 0600, 1)) {
            var silent = serveHandshakeOnly(listening);
            try (var host = RemoteHost.connect(path, RemoteRig.PATIENCE, Duration.ofMillis(300))) {
                fails(Errno.ETIMEDOUT, () -> host.vdpa(1, false, new byte[0], Duration.ofMillis(200)));
                var server = silent.get(20, TimeUnit.SECONDS);
                assertThat(server.receive()).isPresent();
                var open = new FutureTask<>(() -> host.open("disk0"));
                Thread.ofPlatform().daemon().start(open);
                var request = server.receive().orElseThrow();
                server.send(Frame.of(Op.OPEN, request.id(), 7));
                open.get(20, TimeUnit.SECONDS);
                server.close();
            }
        }
    }

    private FutureTask<FrameSocket> serveHandshakeOnly(UnixSocket listening) {
        var task = new FutureTask<>(() -> {
            var socket =
                    new FrameSocket(listening.accept(RemoteRig.PATIENCE), Protocol.MAX_REQUEST, RemoteRig.PATIENCE);
            socket.send(greeting(Protocol.MAGIC, 1, 1));
            var hello = socket.receive().orElseThrow();
            socket.send(Frame.of(Op.HELLO, hello.id(), Protocol.VERSION));
            return socket;
        });
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static Frame greeting(int magic, int lowest, int highest) {
        return Frame.of(
                Op.GREETING,
                0,
                0,
                new BodyWriter().u32(magic).u32(lowest).u32(highest).string("x").body());
    }

    @Test
    void whatIsNoKernelProcessIsNotTalkedTo() throws Exception {
        var path = folder.resolve("other.sock");
        fails(Errno.ENOENT, () -> RemoteHost.connect(path, Duration.ofSeconds(5)));
        try (var listening = UnixSocket.listen(path, 0600, 8)) {
            refused(listening, path, Errno.EPROTO, socket -> socket.send(greeting(7, 1, 1)));
            refused(listening, path, Errno.EPROTONOSUPPORT, socket -> socket.send(greeting(Protocol.MAGIC, 2, 9)));
            refused(listening, path, Errno.EPROTO, socket -> {});
            refused(listening, path, Errno.EPROTO, socket -> socket.send(Frame.of(Op.HELLO, 0, 1)));
            fails(Errno.ETIMEDOUT, () -> RemoteHost.connect(path, Duration.ofMillis(300)));
        }
        fails(Errno.ECONNREFUSED, () -> RemoteHost.connect(path, Duration.ofSeconds(5)));
    }

    private interface Greeter {
        void greet(FrameSocket socket) throws LinuxException;
    }

    private static void refused(UnixSocket listening, Path path, int errno, Greeter greeter) throws Exception {
        var server = new FutureTask<>(() -> {
            try (var socket =
                    new FrameSocket(listening.accept(RemoteRig.PATIENCE), Protocol.MAX_REQUEST, RemoteRig.PATIENCE)) {
                greeter.greet(socket);
            }
            return true;
        });
        Thread.ofPlatform().daemon().start(server);
        fails(errno, () -> RemoteHost.connect(path, Duration.ofSeconds(20)));
        server.get(20, TimeUnit.SECONDS);
    }

    /** A text protocol's banner is a frame of impossible length. */
    @Test
    void rubbishEndsTheClient() throws Exception {
        var path = folder.resolve("rubbish.sock");
        try (var listening = UnixSocket.listen(path, 0600, 1)) {
            var server = new FutureTask<>(() -> {
                try (var socket = listening.accept(RemoteRig.PATIENCE)) {
                    socket.send(ByteBuffer.wrap(new byte[64]), List.of(), RemoteRig.PATIENCE);
                }
                return true;
            });
            Thread.ofPlatform().daemon().start(server);
            fails(Errno.EPROTO, () -> RemoteHost.connect(path, Duration.ofSeconds(20)));
            server.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void closingTheHostClosesItsNodes() throws Exception {
        try (var rig = new RemoteRig(folder)) {
            var other = rig.connect();
            var node = other.open("disk0");
            var poll = startPoll(node);
            Eventually.until("it waits", () -> rig.served.device("disk0").waiting() == 1);
            other.close();
            assertThat(poll.get(20, TimeUnit.SECONDS)).isEqualTo(-Errno.EBADF);
            assertThat(node.read(arena.allocate(152))).isEqualTo(-Errno.EBADF);
            Eventually.until("it is closed", () -> !rig.served.device("disk0").isOpen());
            fails(Errno.EBADF, () -> other.open("disk0"));
            rig.awaitNothingLeft();
        }
    }

    @Test
    void theServerEndsWithItsClientsConnected() throws IOException {
        var rig = new RemoteRig(folder);
        rig.client.open("disk0");
        rig.server.close();
        rig.server.close();
        assertThat(rig.path).doesNotExist();
        assertThat(rig.served.device("disk0").isOpen()).isFalse();
        assertThat(rig.server.clients()).isZero();
        rig.close();
    }
}
