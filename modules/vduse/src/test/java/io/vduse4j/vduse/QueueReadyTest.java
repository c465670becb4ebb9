package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.vduse.abi.VduseApi1;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queues that the driver makes ready, or not ready, while it runs: SET_VQ_READY, and what API version 0 leaves of it. */
@Timeout(60)
class QueueReadyTest {
    private static final Duration A_WHILE = Duration.ofMillis(100);

    private final Held held = new Held();

    private static int tell(ServerRig rig, int queue, boolean ready) {
        return rig.kernel.send(
                VduseApi1.VDUSE_SET_VQ_READY,
                Bytes.zeros(152).u32(VduseApi1.REQUEST_READY_VQ, queue).u32(VduseApi1.REQUEST_READY, ready ? 1 : 0));
    }

    /** What the kernel does once it has the reply. */
    private static void becomes(ServerRig rig, int queue, boolean ready) {
        synchronized (rig.kernel) {
            QueueInfo info = rig.kernel.queues.get(queue);
            rig.kernel.queues.put(
                    queue,
                    new QueueInfo(
                            info.num(),
                            info.descAddress(),
                            info.driverAddress(),
                            info.deviceAddress(),
                            info.availIndex(),
                            info.packed(),
                            ready));
        }
    }

    /** Attaches with queue 0 ready, and queue 1 set up but not ready. */
    private static void attach(ServerRig rig) throws Exception {
        rig.newDriver();
        becomes(rig, 1, false);
        rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
        rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
        rig.echo(0, 1);
        assertThat(rig.kernel.kick(1)).isNull();
    }

    @Test
    @Spec("kernel-behaviour 1.4")
    void aQueueThatIsMadeReadyIsServedFromThen() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2))) {
            attach(rig);
            rig.ok(tell(rig, 1, true));
            // An interrupt before the kernel knows it as ready would be lost (kernel-behaviour 2.3).
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.kernel.interrupts(1) > 0))
                    .isTrue();
            becomes(rig, 1, true);
            Eventually.until("served", () -> rig.kernel.interrupts(1) == 1);
            rig.echo(1, 2);
            rig.echo(0, 3);
        }
    }

    @Test
    @Spec("kernel-behaviour 8.5")
    void withoutAMessageItIsFound() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2))) {
            attach(rig);
            becomes(rig, 1, true);
            Eventually.until("served", () -> rig.kernel.kick(1) != null);
            rig.echo(1, 2);
        }
    }

    @Test
    @Spec("kernel-behaviour 1.4")
    void aQueueIsQuietBeforeItIsSaidToBeStopped() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(1, 10);
            rig.send(1, 11);
            rig.send(0, 12);
            Eventually.until("in flight", () -> held.count() == 3);
            int stop = tell(rig, 1, false);
            held.releaseOne();
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.kernel.hasReply(stop)))
                    .isTrue();
            held.releaseOne();
            held.releaseOne();
            rig.ok(stop);
            rig.receive(1, 10);
            rig.receive(1, 11);
            rig.receive(0, 12);

            int interrupts = rig.kernel.interrupts(1);
            rig.send(1, 13);
            assertThat(Eventually.neverFor(
                            A_WHILE,
                            () -> held.count() > 0 || rig.drivers.get(1).receive() != EchoDriver.NOTHING))
                    .isTrue();
            assertThat(rig.kernel.interrupts(1)).isEqualTo(interrupts);
            assertThat(rig.ok(rig.kernel.getQueueState(1)).availIndex()).isEqualTo(2);

            rig.send(0, 14);
            Eventually.until("the other goes on", () -> held.count() == 1);
            held.releaseAll();
            rig.receive(0, 14);
        }
    }

    /** Again and again: nothing is lost, nothing is taken twice, and nothing piles up. */
    @Test
    @Spec("kernel-behaviour 1.4")
    void aStoppedQueueGoesOnWhereItWas() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2)).attach()) {
            long heldAfterTwo = 0;
            for (int round = 1; round <= 20; round++) {
                rig.echo(1, round);
                rig.ok(tell(rig, 1, false));
                becomes(rig, 1, false);
                rig.send(1, 100 + round);
                rig.ok(tell(rig, 1, true));
                becomes(rig, 1, true);
                rig.receive(1, 100 + round);
                heldAfterTwo = round == 2 ? rig.held() : heldAfterTwo;
            }
            assertThat(rig.held()).isLessThanOrEqualTo(2 * heldAfterTwo);
            assertThat(rig.ok(rig.kernel.getQueueState(1)).availIndex()).isEqualTo(40);
            rig.ok(rig.kernel.setStatus(0));
            Eventually.until("all is given back", () -> rig.held() == 0);
            rig.attach();
            rig.echo(1, 7);
        }
    }

    /** To refuse would break the device, to agree would be a lie. */
    @Test
    @Spec("kernel-behaviour 1.4")
    void aQueueThatDoesNotGetQuietIsNotSaidToBeStopped() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(1, 10);
            Eventually.until("in flight", () -> held.count() == 1);
            int stop = tell(rig, 1, false);
            assertThat(Eventually.neverFor(Duration.ofMillis(2500), () -> rig.kernel.hasReply(stop)))
                    .isTrue();
            held.releaseAll();
            rig.ok(stop);
            rig.receive(1, 10);
        }
    }

    /** Its message was lost with the process behind it. */
    @Test
    @Spec("kernel-behaviour 3.1")
    void aResetInBetweenEndsBoth() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(2, held)).attach()) {
            rig.send(1, 10);
            Eventually.until("in flight", () -> held.count() == 1);
            tell(rig, 1, false);
            int reset = rig.kernel.setStatus(0);
            assertThat(Eventually.neverFor(A_WHILE, () -> rig.kernel.hasReply(reset)))
                    .isTrue();
            held.releaseAll();
            rig.ok(reset);
            rig.attach();
            rig.send(1, 11);
            Eventually.until("served", () -> held.count() == 1);
            held.releaseAll();
            rig.receive(1, 11);
        }
    }
}
