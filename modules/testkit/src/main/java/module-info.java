/** Tools to test devices and drivers with. */
module io.vduse4j.testkit {
    requires transitive io.vduse4j.api;
    requires transitive io.vduse4j.dataplane;
    requires transitive io.vduse4j.embedded;
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.virtio;
    requires transitive org.junit.jupiter.api;
    requires org.assertj.core;
    requires org.junit.jupiter.params;

    exports io.vduse4j.testkit;
    exports io.vduse4j.testkit.hostile;

    // Tests: JUnit looks into them.
    opens io.vduse4j.testkit.conformance;

    exports io.vduse4j.testkit.conformance;
}
