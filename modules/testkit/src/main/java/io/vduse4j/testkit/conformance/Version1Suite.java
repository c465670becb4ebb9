package io.vduse4j.testkit.conformance;

import org.junit.jupiter.api.Nested;

/**
 * What is more in API version 1. A runner of a host that speaks it extends it and registers a {@link TargetExtension}.
 */
public abstract class Version1Suite {
    /** For subclasses. */
    protected Version1Suite() {}

    /** Groups, address spaces, features and their messages. */
    @Nested
    class Version1 extends Version1Conformance {}

    /** The same through vhost-vdpa. */
    @Nested
    class VhostVersion1 extends VhostVersion1Conformance {}
}
