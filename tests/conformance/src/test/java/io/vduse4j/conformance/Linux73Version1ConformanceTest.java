package io.vduse4j.conformance;

import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.Version1Suite;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The embedded kernel as Linux 7.3, which was only read: API version 1. */
final class Linux73Version1ConformanceTest extends Version1Suite {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(() -> new EmbeddedTarget(KernelProfile.LINUX_7_3, 1));
}
