package io.vduse4j.guest;

import io.vduse4j.testkit.conformance.TargetExtension;
import io.vduse4j.testkit.conformance.VhostSuite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The part of the conformance suite about vhost-vdpa: each case attaches a device twice, which takes its time. */
@Tag("full")
final class LinuxVhostConformanceTest extends VhostSuite {
    @RegisterExtension
    static final TargetExtension TARGET = new TargetExtension(LinuxTarget::new);
}
