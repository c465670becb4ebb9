package io.vduse4j.conformance;

import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.VhostSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The embedded kernel as Linux 6.12, with which it is compared: vhost-vdpa. */
final class Linux612VhostConformanceTest extends VhostSuite {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(() -> new EmbeddedTarget(KernelProfile.LINUX_6_12, 0));
}
