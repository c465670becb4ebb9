package io.vduse4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.testkit.conformance.AttachedConformance;
import io.vduse4j.testkit.conformance.AttributeConformance;
import io.vduse4j.testkit.conformance.BusConformance;
import io.vduse4j.testkit.conformance.ConfigSpaceConformance;
import io.vduse4j.testkit.conformance.ConformanceSuite;
import io.vduse4j.testkit.conformance.ControlNodeConformance;
import io.vduse4j.testkit.conformance.CreateConformance;
import io.vduse4j.testkit.conformance.DestroyConformance;
import io.vduse4j.testkit.conformance.IdleDeviceConformance;
import io.vduse4j.testkit.conformance.IdleMessageConformance;
import io.vduse4j.testkit.conformance.InterruptConformance;
import io.vduse4j.testkit.conformance.KickConformance;
import io.vduse4j.testkit.conformance.MemoryConformance;
import io.vduse4j.testkit.conformance.MessageConformance;
import io.vduse4j.testkit.conformance.RefusalConformance;
import io.vduse4j.testkit.conformance.SilenceConformance;
import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.TranscriptConformance;
import io.vduse4j.testkit.conformance.UserMemoryConformance;
import io.vduse4j.testkit.conformance.Version1Conformance;
import io.vduse4j.testkit.conformance.VhostDeviceConformance;
import io.vduse4j.testkit.conformance.VhostMappingConformance;
import io.vduse4j.testkit.conformance.VhostQueueConformance;
import io.vduse4j.testkit.conformance.VhostVersion1Conformance;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The embedded kernel as Linux 7.3, as far as its source was read. */
final class Linux73ConformanceTest {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(() -> new EmbeddedTarget(KernelProfile.LINUX_7_3, 1));

    @Test
    void isAllOfTheSuite() {
        assertThat(ConformanceSuite.missing(1, Linux73ConformanceTest.class)).isEmpty();
    }

    @Nested
    final class ControlNode extends ControlNodeConformance {}

    @Nested
    final class Create extends CreateConformance {}

    @Nested
    final class Destroy extends DestroyConformance {}

    @Nested
    final class Attribute extends AttributeConformance {}

    @Nested
    final class IdleDevice extends IdleDeviceConformance {}

    @Nested
    final class ConfigSpace extends ConfigSpaceConformance {}

    @Nested
    final class IdleMessage extends IdleMessageConformance {}

    @Nested
    final class Message extends MessageConformance {}

    @Nested
    final class Refusal extends RefusalConformance {}

    @Nested
    final class Silence extends SilenceConformance {}

    @Nested
    final class Bus extends BusConformance {}

    @Nested
    final class Attached extends AttachedConformance {}

    @Nested
    final class Transcript extends TranscriptConformance {}

    @Nested
    final class Memory extends MemoryConformance {}

    @Nested
    final class Interrupt extends InterruptConformance {}

    @Nested
    final class Kick extends KickConformance {}

    @Nested
    final class UserMemory extends UserMemoryConformance {}

    @Nested
    final class VhostDevice extends VhostDeviceConformance {}

    @Nested
    final class VhostQueue extends VhostQueueConformance {}

    @Nested
    final class VhostMapping extends VhostMappingConformance {}

    @Nested
    final class Version1 extends Version1Conformance {}

    @Nested
    final class VhostVersion1 extends VhostVersion1Conformance {}
}
