package io.vduse4j.guest;

import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.VhostDeviceConformance;
import io.vduse4j.testkit.conformance.VhostMappingConformance;
import io.vduse4j.testkit.conformance.VhostQueueConformance;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The part of the conformance suite about vhost-vdpa: each case attaches a device twice, which takes its time. */
@Tag("full")
final class LinuxVhostConformanceTest {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(LinuxTarget::new);

    @Nested
    final class VhostDevice extends VhostDeviceConformance {}

    @Nested
    final class VhostQueue extends VhostQueueConformance {}

    @Nested
    final class VhostMapping extends VhostMappingConformance {}
}
