package io.vduse4j.vduse.host.remote;

import static io.vduse4j.vduse.host.remote.RawFrames.ends;
import static io.vduse4j.vduse.host.remote.RawFrames.header;
import static io.vduse4j.vduse.host.remote.RawFrames.oneByte;
import static io.vduse4j.vduse.host.remote.RawFrames.send;
import static io.vduse4j.vduse.host.remote.RawFrames.string;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that do what none should: only their own connection ends, and nothing of it is left (TM-03). */
@Timeout(120)
class HostileClientTest extends LimitedServer {
    /** What ends a connection that has said HELLO. */
    static Stream<ByteBuffer> violations() {
        return Stream.of(
                header(15, 2, 0, 1, 0),
                header(0, 2, 0, 1, 0),
                header(-1, 2, 0, 1, 0),
                header(Integer.MIN_VALUE, 2, 0, 1, 0),
                header(Protocol.MAX_REQUEST + 1, 2, 0, 1, 0),
                header(16, Op.values().length, 0, 1, 0),
                header(16, 0xffff, 0, 1, 0),
                header(16, Op.GREETING.number(), 0, 1, 0),
                header(16, Op.HELLO.number(), 0, 1, 0),
                header(16, Op.OPEN.number(), 0, 1, 0),
                header(16, Op.OPEN.number(), 1, 1, 0),
                header(16, Op.OPEN.number(), 0xffff, 1, 0),
                header(16, Op.CANCEL.number(), 0, 1, 0),
                header(16, Op.VDPA.number(), 0, 1, 0),
                header(16, Op.BIND.number(), 0, 1, 0),
                oneByte(Op.DEVICES, 1),
                string(Op.OPEN, -1, "disk0"),
                string(Op.OPEN, 6, "disk0"),
                string(Op.OPEN, 4, "disk0"),
                string(Op.OPEN, Protocol.MAX_STRING + 1, "x".repeat(Protocol.MAX_STRING + 1)),
                string(Op.IS_ATTACHED, 1, "\u00e4"),
                oneByte(Op.IS_ATTACHED, 0x80),
                announced(),
                string(Op.CONSUMER, 0x7fff_ffff, "disk0"));
    }

    /** Right, but that no descriptor comes with it. */
    private static ByteBuffer announced() {
        return ByteBuffer.allocate(20)
                .put(header(20, Op.CANCEL.number(), 1, 1, 0))
                .putInt(7)
                .flip();
    }

    @ParameterizedTest
    @MethodSource("violations")
    void aMalformedFrameEndsTheConnection(ByteBuffer frame) throws IOException {
        try (var socket = rig.rawSocket()) {
            send(socket, frame);
            ends(socket);
        }
    }

    @Test
    void nothingIsDoneBeforeHello() throws IOException {
        try (var socket = UnixSocket.connect(rig.path, RemoteRig.PATIENCE)) {
            send(socket, string(Op.OPEN, 5, "disk0"));
            ends(socket);
        }
        assertThat(rig.served.device("disk0").isOpen()).isFalse();
    }

    @Test
    void anotherVersionIsRefusedAndTheRightOneIsTakenThen() throws IOException {
        try (var socket = rig.raw()) {
            for (int version : new int[] {0, 2, -1, Protocol.VERSION}) {
                socket.send(Frame.of(
                        Op.HELLO, version, 0, new BodyWriter().u32(version).body()));
                assertThat(socket.receive().orElseThrow().value())
                        .isEqualTo(version == Protocol.VERSION ? version : -Errno.EPROTONOSUPPORT);
            }
        }
    }

    @Test
    void aFrameThatDoesNotGoOnIsGivenUp() throws IOException {
        try (var half = rig.rawSocket();
                var body = rig.rawSocket()) {
            send(half, header(16, 2, 0, 1, 0).limit(7));
            send(body, header(100, 2, 0, 1, 0));
            ends(half);
            ends(body);
        }
    }

    @Test
    void aFrameMayComeByteByByte() throws IOException {
        try (var socket = rig.greeted();
                var slow = rig.rawSocket()) {
            var frame = string(Op.OPEN, 5, "disk0");
            while (frame.hasRemaining()) {
                send(slow, frame.slice(frame.position(), 1));
                frame.get();
            }
            Eventually.until("it is open", () -> rig.served.device("disk0").isOpen());
            socket.shutdown();
        }
        Eventually.until("it is closed", () -> !rig.served.device("disk0").isOpen());
    }

    @Test
    void aNodeThatIsNotOpenAnswersEbadf() throws IOException {
        try (var socket = rig.greeted()) {
            for (var op : List.of(Op.CLOSE, Op.IOCTL, Op.READ, Op.WRITE, Op.POLL)) {
                for (int node : new int[] {0, 1, -1, Integer.MAX_VALUE}) {
                    socket.send(Frame.of(op, 5, node));
                    var answer = socket.receive().orElseThrow();
                    assertThat(answer.id()).isEqualTo(5);
                    assertThat(answer.value()).isEqualTo(-Errno.EBADF);
                }
            }
        }
    }

    @Test
    void aPollOfTheSameNumberEndsTheConnection() throws IOException {
        try (var socket = rig.greeted()) {
            socket.send(Frame.of(Op.OPEN, 1, 0, new BodyWriter().string("disk0").body()));
            int node = socket.receive().orElseThrow().value();
            var forEver = new BodyWriter().u32(VduseNode.POLLIN).s64(-1).body();
            socket.send(Frame.of(Op.POLL, 9, node, forEver));
            socket.send(Frame.of(Op.POLL, 9, node, forEver));
            Optional<Frame> end = Optional.empty();
            try {
                for (end = socket.receive(); end.isPresent(); end = socket.receive()) {
                    assertThat(end.get().value()).isEqualTo(-Errno.EBADF);
                }
            } catch (LinuxException reset) {
                assertThat(reset.errno()).isEqualTo(Errno.ECONNRESET);
            }
        }
        Eventually.until("it is closed", () -> !rig.served.device("disk0").isOpen());
    }

    @Test
    void aClientThatDoesNotReadIsGivenUp() throws IOException {
        try (var socket = rig.rawSocket()) {
            var frame = string(Op.READ_ATTRIBUTE, 5, "disk0");
            var request = ByteBuffer.allocate(frame.remaining() + 8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(frame)
                    .putInt(3)
                    .putInt(0x6f6f6f)
                    .flip();
            request.putInt(0, request.remaining() - 1).limit(request.limit() - 1);
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            boolean ended = false;
            while (!ended && System.nanoTime() - deadline < 0) {
                try {
                    socket.send(request.rewind(), List.of(), RemoteRig.PATIENCE);
                } catch (LinuxException failure) {
                    assertThat(failure.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET);
                    ended = true;
                }
            }
            assertThat(ended).isTrue();
        }
    }

    /** Whatever comes: a connection ends, or its frames are answered; the other client is served. */
    @Test
    void randomFramesHarmNobody() throws IOException {
        var random = new SplittableRandom(20261);
        try (var event = EventFd.create()) {
            for (int round = 0; round < 150; round++) {
                try (var socket = rig.rawSocket()) {
                    for (int i = 0; i < 20; i++) {
                        var body = new byte[random.nextInt(60)];
                        random.nextBytes(body);
                        if (body.length > 4 && random.nextBoolean()) {
                            ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).putInt(0, body.length - 4);
                        }
                        int carried = random.nextInt(12) == 0 ? 1 : 0;
                        var frame = ByteBuffer.allocate(Protocol.HEADER_SIZE + body.length)
                                .put(header(
                                        Protocol.HEADER_SIZE + body.length,
                                        random.nextInt(2, Op.values().length),
                                        carried,
                                        i,
                                        random.nextInt(-1, 4)))
                                .put(body)
                                .flip();
                        send(socket, frame, carried == 1 ? new Fd[] {event.fd()} : new Fd[0]);
                    }
                } catch (LinuxException ended) {
                    assertThat(ended.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET);
                }
            }
        }
    }
}
