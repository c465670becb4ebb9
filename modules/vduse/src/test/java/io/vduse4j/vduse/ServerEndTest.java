package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.dataplane.harness.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How serving ends. */
class ServerEndTest {

    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final Held held = new Held();

    @Test
    void aBrokenDeviceIsNotServedAnyMore() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            rig.kernel.breakDevice();
            assertThat(rig.server.awaitEnd(DEADLINE)).isTrue();
            assertThat(rig.server.isBroken()).isTrue();
            assertThat(rig.server.session()).isEmpty();
            assertThat(Usage.mappings("driver"))
                    .as("only the driver's own are left")
                    .isEqualTo(2);
            assertThat(rig.held())
                    .as("a backend still has the addresses of slots")
                    .isPositive();
            held.releaseAll();
            Eventually.until("given back", () -> rig.held() == 0 && Usage.mappings("vduse4j-empty") == 0);
        }
    }

    @Test
    void aBrokenDeviceThatWasBeingResetToo() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            rig.kernel.setStatus(0);
            Eventually.until("reset is read", () -> rig.kernel.unread() == 0 && rig.server.status() == 0);
            rig.kernel.breakDevice();
            assertThat(rig.server.awaitEnd(DEADLINE)).isTrue();
            assertThat(Usage.mappings("driver")).isEqualTo(2);
            held.releaseAll();
            Eventually.until("given back", () -> rig.held() == 0 && Usage.mappings("vduse4j-empty") == 0);
        }
    }

    /** Both what is mapped and what was until a change are taken away from the request that is stuck. */
    @Test
    void aBrokenDeviceWhoseMemoryWasBeingChangedToo() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            rig.kernel.updateIotlb();
            rig.send(0, 2);
            Eventually.until("in flight", () -> held.count() == 2);
            rig.kernel.breakDevice();
            assertThat(rig.server.awaitEnd(DEADLINE)).isTrue();
            assertThat(Usage.mappings("driver")).isEqualTo(2);
            held.releaseAll();
            Eventually.until("given back", () -> rig.held() == 0 && Usage.mappings("vduse4j-empty") == 0);
        }
    }

    @Test
    void aServerIsClosedOnceItsRequestsAreBack() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            Thread closer = Thread.ofPlatform().start(rig.server::close);
            assertThat(closer.join(Duration.ofMillis(100))).isFalse();
            held.releaseAll();
            assertThat(closer.join(Duration.ofSeconds(1))).isTrue();
            rig.receive(0, 1);
            assertThat(rig.held()).isZero();
            assertThat(rig.server.isBroken()).isFalse();
            Eventually.until("its thread has ended", () -> Usage.threads("vduse-control-disk0") == 0);
        }
    }

    /** The slots that a backend still fills must outlive the server, or it writes into the memory of others. */
    @Test
    void aServerIsClosedAlthoughItsRequestsAreStuck() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            long start = System.nanoTime();
            rig.server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(1900), Duration.ofMillis(3900));
            assertThat(rig.server.awaitEnd(Duration.ZERO)).isTrue();
            assertThat(rig.held()).isPositive();
            assertThat(Usage.mappings("driver")).isEqualTo(2);
            held.releaseAll();
            Eventually.until("given back", () -> rig.held() == 0 && Usage.mappings("vduse4j-empty") == 0);
        }
    }

    /** What was not read is read by the next server (CR-08); what would begin a session now must not be. */
    @Test
    void aServerThatIsClosedLeavesMessagesForTheNext() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.over(1, held)).attach()) {
            rig.send(0, 1);
            Eventually.until("in flight", () -> held.count() == 1);
            Thread closer = Thread.ofPlatform().start(rig.server::close);
            Eventually.until("closing", () -> rig.server.session().isEmpty());
            rig.kernel.setStatus(0);
            rig.kernel.setStatus(ServerRig.FEATURES_OK);
            rig.kernel.setStatus(ServerRig.DRIVER_OK);
            int polls = rig.kernel.polls;
            assertThat(Eventually.neverFor(Duration.ofMillis(100), () -> rig.kernel.polls > polls + 10))
                    .as("it waits, though messages could be read")
                    .isTrue();
            held.releaseAll();
            closer.join();
            assertThat(rig.server.awaitEnd(Duration.ZERO)).isTrue();
            assertThat(rig.kernel.unread()).isEqualTo(3);
        }
    }

    @Test
    void aNewConfigurationIsWrittenBeforeTheDriverIsTold() throws Exception {
        EchoDevice device = EchoDevice.direct(1);
        ConfigChanges changing = new ConfigChanges(device);
        try (ServerRig rig = new ServerRig(changing).attach()) {
            changing.change();
            Eventually.until("told", () -> rig.kernel.log().contains("config interrupt"));
            assertThat(rig.kernel.config).isEqualTo(device.config());
        }
    }
}
