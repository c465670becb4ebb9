/** Tools to test devices and drivers with. */
module io.vduse4j.testkit {
    requires transitive io.vduse4j.api;
    requires transitive io.vduse4j.embedded;
    requires transitive io.vduse4j.linux;
    requires transitive io.vduse4j.virtio;

    exports io.vduse4j.testkit;
}
