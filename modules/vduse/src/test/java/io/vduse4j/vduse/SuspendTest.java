package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.vduse.abi.VduseApi1;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SUSPEND: the device stands still, and says exactly where, until a reset. */
@Timeout(60)
@Spec("kernel-behaviour 1.4")
class SuspendTest {
    private static final Duration A_WHILE = Duration.ofMillis(100);

    private final Held held = new Held();

    private static int suspend(ServerRig rig) {
        return rig.kernel.send(VduseApi1.VDUSE_SUSPEND, Bytes.zeros(152));
    }

    @Test
    void itIsSaidOnceAllQueuesAreQuiet() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(0, 10);
            rig.send(1, 11);
            rig.send(1, 12);
            Eventually.until("in flight", () -> held.count() == 3);
            int suspend = suspend(rig);
            held.releaseOne();
            held.releaseOne();
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.kernel.hasReply(suspend)))
                    .isTrue();
            held.releaseOne();
            rig.ok(suspend);
            rig.receive(0, 10);
            rig.receive(1, 11);
            rig.receive(1, 12);

            rig.send(0, 13);
            rig.send(1, 14);
            assertThat(Eventually.neverFor(A_WHILE, () -> held.count() > 0)).isTrue();
            assertThat(rig.ok(rig.kernel.getQueueState(0)).availIndex()).isEqualTo(1);
            assertThat(rig.ok(rig.kernel.getQueueState(1)).availIndex()).isEqualTo(2);
            rig.ok(suspend(rig));
            rig.ok(rig.kernel.updateIotlb());
            assertThat(Eventually.neverFor(A_WHILE, () -> held.count() > 0)).isTrue();
        }
    }

    @Test
    void onlyAResetEndsIt() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1)).attach()) {
            rig.echo(0, 1);
            rig.ok(suspend(rig));
            Bytes ready = Bytes.zeros(152).u32(VduseApi1.REQUEST_READY, 1);
            rig.ok(rig.kernel.send(VduseApi1.VDUSE_SET_VQ_READY, ready));
            rig.send(0, 2);
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.drivers.getFirst().receive() == 2))
                    .isTrue();
            rig.attach();
            rig.echo(0, 3);
        }
    }

    @Test
    void itIsRefusedIfRequestsDoNotEndAndTheDeviceGoesOn() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(1, 10);
            Eventually.until("in flight", () -> held.count() == 1);
            FakeKernel.Reply reply = rig.refused(suspend(rig));
            assertThat(reply.took()).isBetween(Duration.ofMillis(1800), Duration.ofMillis(3000));
            rig.send(0, 11); // was quiet already
            rig.send(1, 12);
            Eventually.until("in flight", () -> held.count() == 3);
            held.releaseAll();
            rig.receive(1, 10);
            rig.receive(1, 12);
            rig.receive(0, 11);
            rig.ok(suspend(rig));
            assertThat(rig.ok(rig.kernel.getQueueState(0)).availIndex()).isEqualTo(1);
            assertThat(rig.ok(rig.kernel.getQueueState(1)).availIndex()).isEqualTo(2);
        }
    }

    @Test
    void whereNothingRunsNothingIsSuspended() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.refused(suspend(rig));
            rig.attach();
            rig.echo(0, 1);
        }
    }
}
