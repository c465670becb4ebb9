package io.vduse4j.guest;

import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.VduseSuite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The conformance suite on the kernel that is the measure of it, but for vhost. */
@Tag("quick")
final class LinuxConformanceTest extends VduseSuite {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(LinuxTarget::new);
}
