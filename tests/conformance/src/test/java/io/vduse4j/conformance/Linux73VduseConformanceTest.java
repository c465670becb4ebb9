package io.vduse4j.conformance;

import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.VduseSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The embedded kernel as Linux 7.3, which was only read. */
final class Linux73VduseConformanceTest extends VduseSuite {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(() -> new EmbeddedTarget(KernelProfile.LINUX_7_3, 1));
}
