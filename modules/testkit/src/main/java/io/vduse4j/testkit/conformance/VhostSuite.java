package io.vduse4j.testkit.conformance;

import org.junit.jupiter.api.Nested;

/**
 * All that a host of VDUSE answers through vhost-vdpa. A runner extends it and registers a {@link TargetExtension}.
 */
public abstract class VhostSuite {
    /** For subclasses. */
    protected VhostSuite() {}

    /** The device. */
    @Nested
    class VhostDevice extends VhostDeviceConformance {}

    /** Its queues. */
    @Nested
    class VhostQueue extends VhostQueueConformance {}

    /** Its mappings. */
    @Nested
    class VhostMapping extends VhostMappingConformance {}
}
