/** Tools to test devices and drivers with. */
module io.vduse4j.testkit {
    requires transitive io.vduse4j.api;
    requires transitive io.vduse4j.dataplane;
    requires transitive io.vduse4j.embedded;
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.vhostuser;
    requires transitive io.vduse4j.virtio;
    // Whoever runs the conformance suite has them; the load generator does without.
    requires static transitive org.junit.jupiter.api;
    requires static org.assertj.core;
    requires static org.junit.jupiter.params;

    exports io.vduse4j.testkit;
    exports io.vduse4j.testkit.crash;
    exports io.vduse4j.testkit.faulty;
    exports io.vduse4j.testkit.hostile;
    exports io.vduse4j.testkit.load;
    exports io.vduse4j.testkit.vhostuser;

    // Tests: JUnit looks into them.
    opens io.vduse4j.testkit.conformance;

    exports io.vduse4j.testkit.conformance;
}
