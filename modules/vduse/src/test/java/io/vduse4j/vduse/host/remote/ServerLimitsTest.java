package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients can make a server hold is limited, and given back (TM-03). */
@Timeout(120)
class ServerLimitsTest extends LimitedServer {
    @Test
    void aThousandOpensAreALimitAndNoMore() throws IOException {
        try (var socket = rig.greeted()) {
            var name = new BodyWriter().string("control").body();
            for (int i = 1; i <= 1000; i++) {
                socket.send(Frame.of(Op.OPEN, i, 0, name));
                assertThat(socket.receive().orElseThrow().value()).isEqualTo(i <= LIMITS.nodes() ? i : -Errno.EMFILE);
            }
            socket.send(Frame.of(Op.CLOSE, 1, 3));
            assertThat(socket.receive().orElseThrow().value()).isZero();
            socket.send(Frame.of(Op.OPEN, 1, 0, name));
            assertThat(socket.receive().orElseThrow().value()).isEqualTo(LIMITS.nodes() + 1);
        }
    }

    @Test
    void waitingCallsAreLimited() throws IOException {
        try (var socket = rig.greeted()) {
            socket.send(Frame.of(Op.OPEN, 1, 0, new BodyWriter().string("disk0").body()));
            int node = socket.receive().orElseThrow().value();
            var forEver = new BodyWriter().u32(VduseNode.POLLIN).s64(-1).body();
            for (int i = 1; i <= LIMITS.calls() + 1; i++) {
                socket.send(Frame.of(Op.POLL, i, node, forEver));
            }
            var refused = socket.receive().orElseThrow();
            assertThat(refused.value()).isEqualTo(-Errno.ENOBUFS);
            assertThat(refused.id()).isEqualTo(LIMITS.calls() + 1);
            // What does not wait goes on, and so does closing, which ends the others.
            socket.send(Frame.of(Op.WRITE, 50, node));
            assertThat(socket.receive().orElseThrow().value()).isEqualTo(-Errno.ENOENT);
            socket.send(Frame.of(Op.CLOSE, 60, node));
            for (int i = 0; i <= LIMITS.calls(); i++) {
                var answer = socket.receive().orElseThrow();
                assertThat(answer.value()).isEqualTo(answer.id() == 60 ? 0 : -Errno.EBADF);
            }
        }
    }

    @Test
    void connectionsAreLimited() throws IOException {
        var sockets = new ArrayList<FrameSocket>();
        for (int i = 1; i < LIMITS.connections(); i++) {
            sockets.add(rig.greeted());
        }
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> rig.connect())
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        }
        sockets.forEach(FrameSocket::close);
        Eventually.until("there is room", () -> rig.server.clients() == 1);
        rig.connect().close();
    }
}
