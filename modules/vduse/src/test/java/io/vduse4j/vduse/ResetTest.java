package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.DriverMemory;
import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.dataplane.harness.Held;
import io.vduse4j.dataplane.harness.Usage;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Resets and changes of memory while a backend holds requests (VD-09, BUG-10, BUG-11). */
@Spec({"VD-09", "BUG-10", "BUG-11"})
class ResetTest {

    private static final Duration DRAIN_FROM = Duration.ofMillis(1900);
    private static final Duration DRAIN_TO = Duration.ofMillis(3500);

    /** The driver's own mapping of its memory, and the one that the rig made for a device that maps by itself. */
    private static final int DRIVERS_MAPPINGS = 2;

    private final Held held = new Held();
    private final EchoDevice device = EchoDevice.over(1, held);

    private void sendAndHold(ServerRig rig, int count) {
        int before = held.count();
        for (int value = 0; value < count; value++) {
            rig.send(0, 100 + value);
        }
        Eventually.until("in flight", () -> held.count() == before + count);
    }

    private static MemorySegment canary(DriverMemory memory) {
        MemorySegment all = NativeMemory.ALL.asSlice(memory.host(DriverMemory.BASE), memory.bytes());
        all.fill((byte) 0x5a);
        return all;
    }

    private static void isUntouched(MemorySegment canary) {
        byte[] expected = new byte[(int) canary.byteSize()];
        Arrays.fill(expected, (byte) 0x5a);
        assertThat(canary.mismatch(MemorySegment.ofArray(expected))).isEqualTo(-1);
    }

    @Test
    void aResetWaitsForRequestsInFlight() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 3);
            int id = rig.kernel.setStatus(0);
            assertThat(Eventually.neverFor(Duration.ofMillis(100), () -> rig.kernel.hasReply(id)))
                    .isTrue();
            held.releaseAll();
            assertThat(rig.ok(id).took()).isLessThan(DRAIN_FROM);
            MemorySegment canary = canary(rig.memory());
            assertThat(Usage.mappings("driver")).isEqualTo(DRIVERS_MAPPINGS);
            assertThat(Eventually.neverFor(Duration.ofMillis(50), () -> false)).isTrue();
            isUntouched(canary);
        }
    }

    /** The reply comes at the deadline; what completes later writes nowhere, and what it held is given back then. */
    @Test
    void aResetOfAStuckDeviceIsAnsweredAtTheDeadline() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 5);
            assertThat(rig.ok(rig.kernel.setStatus(0)).took()).isBetween(DRAIN_FROM, DRAIN_TO);
            MemorySegment canary = canary(rig.memory());
            assertThat(Usage.mappings("driver")).isEqualTo(DRIVERS_MAPPINGS);
            assertThat(rig.held())
                    .as("a backend still has the addresses of slots")
                    .isPositive();
            held.releaseAll();
            Eventually.until("given back", () -> rig.held() == 0);
            isUntouched(canary);
            Eventually.until("unmapped", () -> Usage.mappings("vduse4j-empty") == 0);
            rig.attach();
            sendAndHold(rig, 1);
            held.releaseAll();
            rig.receive(0, 100);
        }
    }

    @Test
    void theNextDriverIsServedWhileRequestsOfTheLastAreStuck() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 2);
            rig.ok(rig.kernel.setStatus(0));
            MemorySegment canary = canary(rig.memory());
            rig.attach();
            sendAndHold(rig, 2);
            held.releaseAll(); // of both
            rig.receive(0, 100);
            rig.receive(0, 101);
            isUntouched(canary);
            assertThat(rig.ok(rig.kernel.setStatus(0)).took()).isLessThan(DRAIN_FROM);
            Eventually.until("given back", () -> rig.held() == 0);
        }
    }

    /** The process that waited for the first was killed: its file is closed, which resets again. */
    @Test
    void aSecondResetWhileTheFirstIsOwedWaitsToo() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 3);
            int first = rig.kernel.setStatus(0);
            int second = rig.kernel.setStatus(0);
            int memory = rig.kernel.updateIotlb();
            assertThat(Eventually.neverFor(
                            Duration.ofMillis(200),
                            () -> rig.kernel.hasReply(first)
                                    || rig.kernel.hasReply(second)
                                    || rig.kernel.hasReply(memory)))
                    .isTrue();
            held.releaseAll(); // with the memory unmapped the JVM would end here
            rig.ok(first);
            rig.ok(second);
            rig.ok(memory);
            assertThat(Usage.mappings("driver")).isEqualTo(DRIVERS_MAPPINGS);
            rig.attach();
        }
    }

    @Test
    void aDriverThatDoesNotWaitForItsResetIsRefused() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 1);
            int reset = rig.kernel.setStatus(0);
            rig.ok(rig.kernel.setStatus(ServerRig.FEATURES_OK));
            rig.refused(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            held.releaseAll();
            rig.ok(reset);
            rig.ok(rig.kernel.setStatus(ServerRig.DRIVER_OK));
            Eventually.until("its request is taken again", () -> held.count() == 1);
            held.releaseAll();
        }
    }

    @Test
    void changedMemoryIsMappedAnew() throws Exception {
        try (ServerRig rig = new ServerRig(EchoDevice.direct(1)).attach()) {
            rig.echo(0, 1);
            int lookUps = rig.kernel.lookUps;
            for (int round = 0; round < 30; round++) {
                assertThat(rig.ok(rig.kernel.updateIotlb()).took()).isLessThan(Duration.ofSeconds(1));
                rig.echo(0, round);
            }
            assertThat(rig.kernel.lookUps - lookUps).isEqualTo(30);
            assertThat(Usage.mappings("driver")).isEqualTo(DRIVERS_MAPPINGS + 1);
        }
    }

    @Test
    void aChangeOfMemoryWaitsForRequestsInFlight() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 2);
            int id = rig.kernel.updateIotlb();
            assertThat(Eventually.neverFor(Duration.ofMillis(100), () -> rig.kernel.hasReply(id)))
                    .isTrue();
            held.releaseAll();
            assertThat(rig.ok(id).took()).isLessThan(DRAIN_FROM);
            rig.receive(0, 100);
            rig.receive(0, 101);
        }
    }

    /** Two changes, and a reset, while one request is stuck: every reply in time, nothing leaks. */
    @Test
    void memoryChangesTwiceUnderAStuckRequest() throws Exception {
        try (ServerRig rig = new ServerRig(device).attach()) {
            sendAndHold(rig, 1);
            int first = rig.kernel.updateIotlb();
            int second = rig.kernel.updateIotlb();
            assertThat(rig.ok(first).took()).isBetween(DRAIN_FROM, DRAIN_TO);
            assertThat(rig.ok(second).took()).isBetween(DRAIN_FROM, DRAIN_TO);
            int reset = rig.kernel.setStatus(0);
            held.releaseAll();
            rig.ok(reset);
            Eventually.until("given back", () -> rig.held() == 0);
            assertThat(Usage.mappings("driver")).isEqualTo(DRIVERS_MAPPINGS);
            Eventually.until("unmapped", () -> Usage.mappings("vduse4j-empty") == 0);
        }
    }
}
