package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attach, use and removal of a device as the kernel does it, and what a driver can do wrong on the way. */
class ServerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** The messages of kernel-behaviour 7.1 and 7.2, with their replies and what must stand between them. */
    @Test
    @Spec({"VD-08", "VD-19", "CR-09"})
    void attachUseAndRemoval() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2))) {
            rig.attach();
            rig.echo(0, 1);
            rig.echo(1, 2);
            assertThat(rig.server.status()).isEqualTo(ServerRig.DRIVER_OK);
            assertThat(rig.server.session().orElseThrow().counters(1).used()).isEqualTo(1);
            List<String> begin = rig.kernel.log().subList(0, 7);
            assertThat(begin)
                    .containsExactly(
                            "reply 0 ok", "reply 1 ok", "reply 2 ok", "reply 3 ok", "kick 0", "kick 1", "reply 4 ok");
            assertThat(rig.kernel.log().subList(7, 9))
                    .as("every driver is interrupted once, and not before the reply")
                    .containsExactlyInAnyOrder("interrupt 0", "interrupt 1");
            rig.ok(rig.kernel.setStatus(0));
            assertThat(rig.server.status()).isZero();
            assertThat(rig.server.session()).isEmpty();
            assertThat(rig.held()).as("memory of slots").isZero();
            rig.ok(rig.kernel.setStatus(ServerRig.ACKNOWLEDGED));
            // The observer is told behind the reply.
            Eventually.until("all observed", () -> rig.observed.size() >= 7);
            assertThat(rig.observed).hasSize(7).allMatch(line -> line.endsWith("true"));
        }
    }

    @Test
    void everyReplyTakesLessThanASecond() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            for (int round = 0; round < 20; round++) {
                rig.attach();
                rig.echo(0, round);
                for (int id : new int[] {
                    rig.kernel.getQueueState(0),
                    rig.kernel.updateIotlb(),
                    rig.kernel.getQueueState(0),
                    rig.kernel.setStatus(0)
                }) {
                    assertThat(rig.ok(id).took()).isLessThan(SECOND);
                }
            }
        }
    }

    /** Negotiation, reset and the same again (VD-07): nothing stays behind. */
    @Test
    @Spec({"VD-07", "BUG-08"})
    void attachAndResetLeaveNothingBehind() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(2))) {
            rig.attach();
            rig.ok(rig.kernel.setStatus(0));
            long descriptors = Usage.descriptors();
            for (int round = 0; round < 50; round++) {
                rig.attach();
                rig.echo(1, round);
                rig.ok(rig.kernel.setStatus(0));
                rig.memories.removeLast().close();
            }
            assertThat(Usage.descriptors()).isEqualTo(descriptors);
            assertThat(Usage.mappings("driver"))
                    .as("the driver's own two of the first memory")
                    .isEqualTo(2);
            assertThat(rig.held()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 5, VirtioFeatures.RING_PACKED, 1L << 63, 1L << 27})
    @Spec({"VD-05", "VD-21"})
    void unofferedFeaturesAreRefused(long bit) throws Exception {
        refusesFeatures(VduseServer.features(EchoDevice.direct(1), ServeOptions.DEFAULT) | bit);
    }

    @ParameterizedTest
    @ValueSource(longs = {VirtioFeatures.VERSION_1, VirtioFeatures.ACCESS_PLATFORM})
    @Spec({"VD-05", "VD-15", "VD-16"})
    void missingFeaturesAreRefused(long bit) throws Exception {
        refusesFeatures(VduseServer.features(EchoDevice.direct(1), ServeOptions.DEFAULT) & ~bit);
    }

    private static void refusesFeatures(long features) throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            long offered = rig.kernel.features;
            rig.kernel.features = features;
            rig.ok(rig.kernel.setStatus(0));
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER));
            rig.refused(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            assertThat(rig.server.status()).isEqualTo(ServerRig.DRIVER);
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER | DeviceStatus.FAILED));
            rig.kernel.features = offered;
            rig.attach();
            rig.echo(0, 1);
        }
    }

    @Test
    @Spec("VD-05")
    void everySubsetOfTheRestIsTaken() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            long offered = rig.kernel.features;
            long required = VirtioFeatures.VERSION_1 | VirtioFeatures.ACCESS_PLATFORM;
            long choice = offered & ~required;
            long subset = choice;
            do {
                rig.kernel.features = required | subset;
                rig.attach();
                rig.echo(0, subset);
                subset = (subset - 1) & choice;
            } while (subset != choice);
        }
    }

    @Test
    @Spec("VD-20")
    void aDriverThatSkipsStepsIsRefused() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.newDriver();
            rig.refused(rig.kernel.setStatus(ServerRig.DRIVER | DeviceStatus.DRIVER_OK));
            rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.refused(rig.kernel.setStatus(ServerRig.DRIVER));
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            rig.echo(0, 1);
            // Without DRIVER_OK and with it again: a second session would serve the same rings.
            rig.refused(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            for (int value = 0; value < 100; value++) {
                rig.echo(0, value);
            }
            assertThat(rig.server.session().orElseThrow().counters(0).used()).isEqualTo(101);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 2048, 65536, -1})
    @Spec("VS-01")
    void aQueueOfABadSizeIsRefused(int size) throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.newDriver();
            var good = rig.kernel.queues.get(0);
            rig.kernel.queues.put(
                    0,
                    new QueueInfo(
                            size,
                            good.descAddress(),
                            good.driverAddress(),
                            good.deviceAddress(),
                            0,
                            VirtqueueState.split(0),
                            true));
            rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.refused(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            assertThat(rig.server.session()).isEmpty();
            assertThat(rig.held()).isZero();
            rig.kernel.queues.put(0, good); // the driver tries again (kernel-behaviour 7.1, step F)
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            rig.echo(0, 1);
        }
    }

    /** The driver's memory is gone before its queues are looked at: the control thread must live (J-01). */
    @Test
    @Spec("J-01")
    void ringsWithoutMemoryAreRefused() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.newDriver();
            rig.memory().truncate(0);
            rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.refused(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            rig.attach();
            rig.echo(0, 1);
        }
    }

    @Test
    void queuesThatTheDriverLeftAloneAreNotServed() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(3))) {
            rig.newDriver();
            rig.kernel.queues.remove(1);
            rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            rig.echo(0, 1);
            rig.echo(2, 2);
            assertThat(rig.kernel.kicks.keySet()).containsExactlyInAnyOrder(0, 2);
            assertThat(rig.kernel.interrupts(1)).isZero();
        }
    }

    @Test
    void anUnknownMessageIsRefused() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            for (int type : new int[] {6, 77, -1}) {
                rig.refused(rig.kernel.send(type, Bytes.zeros(152)));
            }
            rig.attach();
            rig.echo(0, 1);
        }
    }

    /** There is one address space: a device of more is told so, and goes on in that one. */
    @Test
    void otherAddressSpacesAreDeclined() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.ok(rig.kernel.send(VduseApi1.VDUSE_SET_VQ_GROUP_ASID, Bytes.zeros(152)));
            rig.refused(rig.kernel.send(
                    VduseApi1.VDUSE_SET_VQ_GROUP_ASID, Bytes.zeros(152).u32(VduseApi1.REQUEST_GROUP_ASID, 1)));
            rig.attach();
            int lookUps = rig.kernel.lookUps;
            rig.ok(rig.kernel.send(VduseAbi.VDUSE_UPDATE_IOTLB, Bytes.zeros(152).u32(VduseApi1.REQUEST_IOVA_ASID, 1)));
            rig.echo(0, 1);
            assertThat(rig.kernel.lookUps).isEqualTo(lookUps);
        }
    }

    @Test
    void repliesThatNobodyWaitsForDoNoHarm() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1))) {
            rig.attach();
            rig.kernel.nobodyWaits = true;
            for (int id : new int[] {rig.kernel.getQueueState(0), rig.kernel.updateIotlb(), rig.kernel.setStatus(0)}) {
                Eventually.until("reply", () -> rig.kernel.log().contains("reply " + id + " ok"));
            }
            rig.kernel.nobodyWaits = false;
            rig.attach();
            rig.echo(0, 1);
        }
    }

    @Test
    void aServerWithoutKicksServesToo() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1), false, false)) {
            rig.attach();
            rig.drivers.getFirst().add(5);
            rig.drivers.getFirst().ring().publish();
            rig.receive(0, 5);
            assertThat(rig.kernel.kicks).isEmpty();
        }
    }

    @Test
    @Spec("CR-09")
    void aDriverThatRunsIsAdopted() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1), true, true)) {
            Eventually.until("adopted", () -> rig.server.session().isPresent());
            Eventually.until("interrupted once", () -> rig.kernel.interrupts(0) == 1);
            assertThat(rig.server.status()).isEqualTo(ServerRig.DRIVER_OK);
            rig.echo(0, 1);
            rig.ok(rig.kernel.setStatus(0));
        }
    }
}
