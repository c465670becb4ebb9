package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.DelayFilter;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.vhostuser.Steps.Step;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Front ends that go, at any moment, and come. */
@Timeout(1800)
class DisconnectTest {

    /** After every byte of every message; the descriptors have come with the first (VU-12). */
    @Test
    @Spec({"VU-12"})
    void afterAnyByteNothingIsLeft() throws Exception {
        try (var rig = new UserRig();
                var steps = new Steps()) {
            var baseline = new Baseline(rig);
            for (int last = 0; last < steps.all().size(); last++) {
                Step step = steps.all().get(last);
                ByteBuffer bytes = step.bytes();
                for (int length = 1; length <= bytes.limit(); length++) {
                    try (var socket = FrontEndSocket.connect(rig.path, UserRig.PATIENCE)) {
                        steps.play(socket, last);
                        socket.socket().send(bytes.slice(0, length), step.descriptors(), UserRig.PATIENCE);
                    }
                }
                baseline.check("disconnect within " + step.request());
            }
        }
    }

    @Test
    @Spec({"VU-13"})
    void aSecondFrontEndIsClosedAtOnceAndTheFirstGoesOn() throws Exception {
        try (var rig = new UserRig();
                var first = rig.started()) {
            var workload = new BlkWorkload(0, 1024, 16, first.features(), new Random(1));
            for (int i = 0; i < 10; i++) {
                try (var second = rig.connect()) {
                    assertThat(second.socket().awaitEnd()).isTrue();
                    assertThatThrownBy(second::negotiate).isInstanceOf(LinuxException.class);
                }
                workload.run(first.queue(0), 20, 4, first.tables());
            }
        }
    }

    /** The front end goes in the middle of its requests, and what was written is there for the next one. */
    @Test
    @Spec({"VU-12"})
    void reconnectsUnderLoadLeaveNothing() throws Exception {
        reconnect(100);
    }

    @Test
    @Tag("full")
    void tenThousandReconnectsUnderLoadLeaveNothing() throws Exception {
        reconnect(10_000);
    }

    private static void reconnect(int times) throws Exception {
        try (var rig = new UserRig()) {
            var baseline = new Baseline(rig);
            var workload = new BlkWorkload(0, 1024, 16, VhostUserFrontEnd.supported(), new Random(2));
            for (int i = 0; i < times; i++) {
                try (var frontEnd = rig.started()) {
                    workload.run(frontEnd.queue(0), 10, 4, frontEnd.tables());
                    var lost = new BlkWorkload(2048, 1024, 16, frontEnd.features(), new Random(i));
                    while (frontEnd.queue(1).submit(lost.next(), Framing.CLASSIC)) {
                        // As many as there is room for; nobody waits for them.
                    }
                }
            }
            baseline.check(times + " reconnects");
        }
    }

    @Test
    @Spec({"VU-12"})
    void theServerEndsWithAFrontEndThatRuns() throws Exception {
        var rig = new UserRig();
        try (var frontEnd = rig.started()) {
            rig.close();
            assertThat(frontEnd.socket().awaitEnd()).isTrue();
            assertThat(rig.path).doesNotExist();
        }
    }

    /** A front end that sees the end of the connection finds all that was in flight given back (QEMU goes on from there). */
    @Test
    @Spec({"VU-01", "VU-12"})
    void anOrderlyEndComesAfterWhatWasInFlight() throws Exception {
        var slow = new DelayFilter(
                Backends.open("memory:16M", BackendOptions.NONE), Duration.ofMillis(500), EnumSet.of(Request.Op.READ));
        var rig = new UserRig(slow);
        try (var frontEnd = rig.started()) {
            for (int i = 0; i < 4; i++) {
                assertThat(frontEnd.queue(0).submit(BlkCommand.read(i, 512), Framing.CLASSIC))
                        .isTrue();
            }
            while (rig.server.session().orElseThrow().counters(0).fetched() < 4) {
                Thread.onSpinWait();
            }
            var ending = Thread.ofPlatform().start(() -> rig.server.close());
            assertThat(frontEnd.socket().awaitEnd()).isTrue();
            for (int i = 0; i < 4; i++) {
                assertThat(frontEnd.queue(0).poll())
                        .as("given back before the end")
                        .isPresent();
            }
            ending.join();
        }
        rig.close();
    }
}
