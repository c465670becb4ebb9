package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.virtio.VirtqueueState;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GET_VQ_STATE: where a driver would go on. */
class QueueStateTest {

    private final Held held = new Held();

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 0xffff, -1, Integer.MIN_VALUE})
    @Spec("BUG-04")
    void aQueueThatIsNotThere(int index) throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2)).attach()) {
            rig.refused(rig.kernel.getQueueState(index));
            rig.echo(0, 1);
        }
    }

    @Test
    void withoutAServiceItIsWhatTheDriverHasSaid() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2))) {
            rig.kernel.queues.put(1, new QueueInfo(64, 0, 0, 0, 0xfffe, VirtqueueState.split(0), false));
            FakeKernel.Reply reply = rig.ok(rig.kernel.getQueueState(1));
            assertThat(reply.availIndex()).isEqualTo(0xfffe);
            assertThat(reply.index()).isEqualTo(1);
        }
    }

    @Test
    void itIsToldOnceNothingIsInFlight() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(1, 10);
            rig.send(1, 11);
            Eventually.until("in flight", () -> held.count() == 2);
            int id = rig.kernel.getQueueState(1);
            held.releaseOne();
            assertThat(Eventually.neverFor(Duration.ofMillis(50), () -> rig.kernel.hasReply(id)))
                    .isTrue();
            held.releaseOne();
            FakeKernel.Reply reply = rig.ok(id);
            assertThat(reply.availIndex()).isEqualTo(2);
            assertThat(reply.index()).isEqualTo(1);
            rig.receive(1, 10);
            rig.receive(1, 11);
        }
    }

    @Test
    void aStuckQueueHasNone() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 10);
            Eventually.until("in flight", () -> held.count() == 1);
            FakeKernel.Reply reply = rig.refused(rig.kernel.getQueueState(0));
            assertThat(reply.took()).isBetween(Duration.ofMillis(800), Duration.ofMillis(1500));
            rig.send(0, 11); // it goes on
            Eventually.until("in flight", () -> held.count() == 2);
            held.releaseAll();
            rig.receive(0, 10);
            rig.receive(0, 11);
        }
    }
}
